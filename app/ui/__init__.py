"""The window. Nothing outside this room imports Qt."""

from app.ui.application import open_window

__all__ = ["open_window"]
