"""Keys and passwords that locate met in records and nobody declared: for the officer to see before signing.

What is declared is shredded as a key, with its verdict and the hunt for its copies. What is not goes, or
stays, as the record that it stands in.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.case import Case
from app.flow.recognising import key_kind
from app.register import Register

_KINDS: Final = ("secret.key", "secret.password")
_DER: Final = b"0"


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A record with keys or passwords in it.

    `store` is the kind of key store the file is, as `[[key]]` names it; empty for a file that has
    keys or passwords among other things, which only goes as a whole.
    """

    path: str
    keys: int
    passwords: int
    store: str = ""


def found_keys(register: Register, case: Case) -> tuple[FoundKey, ...]:
    """Give the records with keys or passwords that no `[[key]]` of the case names."""
    declared = {os.path.realpath(one.path) for one in case.keys}
    made = []
    for one in register.with_kinds(_KINDS):
        row = register.find(one)
        if row is None or os.path.realpath(row.record.path) in declared:
            continue
        counts = {found.kind: found.count for found in row.record.findings}
        keys, passwords = (counts.get(kind, 0) for kind in _KINDS)
        made.append(FoundKey(row.record.path, keys, passwords, _store(row.record.path) if keys else ""))
    return tuple(sorted(made, key=lambda found: found.path))


def _store(path: str) -> str:
    """Name the kind of key store a file is, where it is one and nothing else."""
    kind = key_kind(Path(path))
    if kind != "pkcs12":
        return kind
    try:
        with open(path, "rb") as file:
            return kind if file.read(1) == _DER else ""  # what no kind knows is called one, too
    except OSError:
        return ""
