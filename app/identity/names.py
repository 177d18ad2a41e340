"""Names newer than Unicode 3.2 in certificates: the cure that signing and verifying both need."""

from __future__ import annotations

import stringprep
import unicodedata
from types import SimpleNamespace


def cure_names() -> None:
    """Let asn1crypto take people's names by this Python's Unicode instead of that of 2002.

    Its name preparation (RFC 3454, Unicode 3.2) refuses 王𬭚 as "unassigned code
    points" and pyHanko could neither sign nor verify for such a person. Calling it
    again changes nothing.
    """
    from asn1crypto import x509

    functions = {
        name: getattr(stringprep, name) for name in dir(stringprep) if name.startswith(("in_", "map_"))
    }
    functions["in_table_a1"] = lambda character: unicodedata.category(character) == "Cn"
    x509.stringprep = SimpleNamespace(**functions)
