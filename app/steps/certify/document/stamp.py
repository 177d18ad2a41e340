"""The visible stamp of a signature: who signed, in which role, when, with which certificate."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from app.identity import Identity
from app.steps.certify.page.breaking import visible
from app.steps.certify.page.faces import Weight
from app.steps.certify.page.paint import painted
from app.steps.certify.page.sheet import Fill, Ink, Place, Sheet, Style
from app.steps.certify.wording import Words

_NAME: Final = Style(11, 14, Weight.BOLD, Ink.ACCENT)
_DETAIL: Final = Style(6.6, 9, ink=Ink.MUTE)


def stamp(person: Identity, words: Words, place: Place, moment: datetime) -> bytes:
    """Give a one-page PDF of the size of `place`; its font is embedded, so the certificate stays PDF/A."""
    width, height = place.x2 - place.x1, place.y2 - place.y1
    sheet = Sheet()
    sheet.turn(height)
    sheet.put(Fill(0, 0, width, height, Ink.TINT), Fill(0, 0, 2.2, height, Ink.ACCENT))
    name = _NAME.lines(visible(person.name), width - 100)[0]
    sheet.text(9, height - 15, name, _NAME)
    sheet.text(width - 6, height - 14, words.said(person.role), _DETAIL, align=1.0)
    time = f"{moment:%Y-%m-%d %H:%M:%S} UTC（{words.each('sign.time')[0]}）"
    if not time.isascii() and words.each("sign.time")[0].isascii():
        time = f"{moment:%Y-%m-%d %H:%M:%S} UTC ({words.each('sign.time')[0]})"
    sheet.text(9, height - 25.5, f"{words.label('sign.electronic')} · {time}", _DETAIL)
    digits = person.fingerprint[:32]
    short = " ".join(digits[i : i + 8] for i in range(0, len(digits), 8))
    sheet.text(9, height - 34, f"{words.label('sign.fingerprint')} {short} …", _DETAIL)
    return painted(sheet.pages, "", "", (width, height))
