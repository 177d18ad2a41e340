"""The visible stamp of a signature: who signed, in which role, when, with which certificate."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from app.identity import Identity
from app.steps.certify.document.shortened import cut
from app.steps.certify.page.breaking import visible
from app.steps.certify.page.faces import Weight
from app.steps.certify.page.paint import painted
from app.steps.certify.page.sheet import Fill, Ink, Place, Sheet, Style, width_of
from app.steps.certify.page.strips import Cell
from app.steps.certify.wording import Words

_NAME: Final = Style(11, 14, Weight.BOLD, Ink.ACCENT)
_DETAIL: Final = Style(6.6, 9, ink=Ink.MUTE)
_LEAST: Final = 0.6
"""Smaller than this share of its size no line is set."""


def stamp(person: Identity, words: Words, place: Place, moment: datetime) -> bytes:
    """Give a one-page PDF of the size of `place`; its font is embedded, so the certificate stays PDF/A."""
    width, height = place.x2 - place.x1, place.y2 - place.y1
    sheet = Sheet()
    sheet.turn(height)
    sheet.put(Fill(0, 0, width, height, Ink.TINT), Fill(0, 0, 2.2, height, Ink.ACCENT))
    role = words.said(person.role)
    _fit(sheet, 0.61 * height, visible(person.name), _NAME, width - width_of(role, _DETAIL) - 22)
    sheet.text(width - 6, 0.63 * height, role, _DETAIL, align=1.0)
    told = words.each("sign.time")[0]
    time = f"{moment:%Y-%m-%d %H:%M:%S} UTC" + (f" ({told})" if told.isascii() else f"（{told}）")
    _fit(sheet, 0.345 * height, f"{words.label('sign.electronic')} · {time}", _DETAIL, width - 15)
    digits = person.fingerprint[:32]
    short = " ".join(digits[i : i + 8] for i in range(0, len(digits), 8))
    _fit(sheet, 0.12 * height, f"{words.label('sign.fingerprint')} {short} …", _DETAIL, width - 15)
    return painted(sheet.pages, "", "", (width, height))


def _fit(sheet: Sheet, y: float, text: str, style: Style, room: float) -> None:
    """Put a line, set smaller where it is too long, and cut last of all."""
    smaller = replace(style, size=style.size * min(1.0, max(_LEAST, room / width_of(text, style))))
    sheet.text(9, y, cut(Cell.of(0, room, text, smaller), 1).lines[0], smaller)
