"""The one table from an enum member to a sentence, in Chinese and English.

Only what speaks to people imports it: the window, the command line and the certificate.
"""

from app.language.names import backup, category, clue, hold, key, kind, law
from app.language.passes import passes
from app.language.refusal import explain
from app.language.system import system_says
from app.language.table import Language, say

__all__ = [
    "Language",
    "backup",
    "category",
    "clue",
    "explain",
    "hold",
    "key",
    "kind",
    "law",
    "passes",
    "say",
    "system_says",
]
