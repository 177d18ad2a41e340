"""The documents of a case in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui import words
from app.ui.models.rows import Column, Rows
from app.ui.words import translate

if TYPE_CHECKING:
    from app.flow.papers import Attached


def papers() -> Rows[Attached]:
    """A table of documents with their digests."""
    return Rows(
        (
            Column(lambda: translate("Papers", "Document"), lambda one: one.path.name, path=True, width=26),
            Column(lambda: translate("Papers", "Kind"), lambda one: words.paper(one.kind), width=14),
            Column(
                lambda: translate("Copies", "Size"),
                lambda one: words.size(one.bytes),
                lambda one: one.bytes,
                number=True,
                width=9,
            ),
            Column(lambda: translate("Papers", "SHA-256"), _digest, long=True, width=40),
        ),
        lambda one: str(one.path),
    )


def _digest(one: Attached) -> str:
    return words.digest_groups(one.sha256)
