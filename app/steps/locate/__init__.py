"""Find the records: read-only."""

from app.steps.locate.checks import is_uscc
from app.steps.locate.limits import Limits
from app.steps.locate.search import as_json, locate

__all__ = ["Limits", "as_json", "is_uscc", "locate"]
