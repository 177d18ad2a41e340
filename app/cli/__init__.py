"""The same case without a window."""

from app.cli.parser import parse
from app.cli.verbs import run_verb, say_no_window

__all__ = ["parse", "run_verb", "say_no_window"]
