"""The one table from an enum member to a sentence, in Chinese and English.

Only what speaks to people imports it: the window, the command line and the certificate.
"""

from app.language.table import Language, say

__all__ = ["Language", "say"]
