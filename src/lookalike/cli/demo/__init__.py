"""The demonstration: real photographs that other packages carry, and edited copies of them."""

from .pictures import DemoFolder, make_demo_folder
from .sheet import contact_sheet

__all__ = ["DemoFolder", "contact_sheet", "make_demo_folder"]
