"""Rules and holds: a fate for each record, with its reason and its law."""

from app.steps.decide.due import due_date
from app.steps.decide.fates import Terms, decide
from app.steps.decide.match import glob_pattern
from app.steps.decide.pack import RetentionRule, RulePack, load_pack

__all__ = ["RetentionRule", "RulePack", "Terms", "decide", "due_date", "glob_pattern", "load_pack"]
