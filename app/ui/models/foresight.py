"""Keys in a table before signing: what will be done to each, and what its verdict can be at best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui import words
from app.ui.models.rows import Column, Rows
from app.ui.words import translate

if TYPE_CHECKING:
    from app.flow.foresight import KeyForesight


def foreseen() -> Rows[KeyForesight]:
    """A table of keys with what is foreseen of them."""
    return Rows(
        (
            Column(lambda: translate("Keys", "Key file"), lambda row: row.key.path, path=True, width=26),
            Column(lambda: translate("Keys", "Kind"), lambda row: words.key(row.key.kind), width=16),
            Column(
                lambda: translate("Foresight", "What is done"),
                _done,
                lambda row: row.bytes,
                long=True,
                width=18,
            ),
            Column(
                lambda: translate("Foresight", "Copies that go"),
                lambda row: words.count(len(row.going)),
                lambda row: len(row.going),
                number=True,
                width=14,
            ),
            Column(
                lambda: translate("Foresight", "Copies that stay"),
                _staying,
                lambda row: len(row.staying),
                long=True,
                width=17,
            ),
            Column(
                lambda: translate("Foresight", "Verdict at best"),
                lambda row: words.say(row.expected),
                long=True,
                width=26,
            ),
            Column(
                lambda: translate("Keys", "Why no better"),
                lambda row: words.reasons(row.limits),
                long=True,
                width=30,
            ),
        ),
        lambda row: row.key.id,
    )


def _done(row: KeyForesight) -> str:
    if not row.calls:
        return translate("Foresight", "written over: {size}").format(size=words.size(row.bytes))
    waits = translate("Foresight", "{n} days to wait").format(n=words.count(row.wait)) if row.wait else ""
    return translate("Words", "; ").join(filter(None, (*row.calls, waits)))


def _staying(row: KeyForesight) -> str:
    return translate("Words", "; ").join(row.staying) or words.count(0)
