"""Say what is in a picture."""

from .imagenet import recognize, recognize_with

__all__ = ["recognize", "recognize_with"]
