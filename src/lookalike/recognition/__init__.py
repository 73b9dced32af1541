"""Say what is in a picture."""

from .imagenet import recognize

__all__ = ["recognize"]
