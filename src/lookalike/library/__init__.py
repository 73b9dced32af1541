"""What a user holds: the library and its facets."""

from .library import Library

__all__ = ["Library"]
