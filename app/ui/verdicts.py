"""What is said of a verdict: in a word, in a sentence, and as plain text to be passed on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app import __version__
from app.ui import words
from app.ui.checking import Checked, Mark
from app.ui.widgets.checklist import mark_word

if TYPE_CHECKING:
    from app.steps.certify import Standing


def standing_word(standing: Standing) -> str:
    """Put the verdict in a word or two."""
    return {
        "valid": words.translate("Verdicts", "Valid"),
        "incomplete": words.translate("Verdicts", "Incomplete"),
        "altered": words.translate("Verdicts", "Altered"),
        "not_ours": words.translate("Verdicts", "Not ours"),
    }[standing.value]


def result_text(checked: Checked) -> str:
    """Write the result as plain text, to be put in a letter or a record."""
    language = words.language()
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    head = [
        f"{standing_word(checked.standing)} · {checked.subject or kind_word(checked.kind)}",
        sentence(checked),
    ]
    lines = [
        " · ".join(filter(None, (mark_word(one.mark), one.name(language), one.seen(language))))
        for one in checked.lines
    ]
    return "\n".join([*head, *lines, f"Lethe {__version__} · {when}", ""])


def kind_word(kind: str) -> str:
    """Name what was checked."""
    translate = words.translate
    return {
        "certificate": translate("Verdicts", "Certificate"),
        "manifest": translate("Verdicts", "Manifest"),
        "p7s": translate("Verdicts", "Signature of a manifest"),
        "dsse": translate("Verdicts", "in-toto envelope"),
        "inventory": translate("Verdicts", "Inventory"),
        "annex": translate("Verdicts", "Encrypted list of names"),
        "proof": translate("Verdicts", "Proof for one record"),
        "qr": translate("Verdicts", "QR code"),
        "journal": translate("Verdicts", "Journal"),
        "sealed": translate("Verdicts", "Sealed package"),
    }.get(kind, kind)


def sentence(checked: Checked) -> str:
    """Put the verdict in one sentence, and say how much was not looked at."""
    said: dict[str, Callable[[], str]] = {
        "valid": lambda: words.translate("Verdicts", "{kind}: every check made holds ({n})."),
        "incomplete": lambda: words.translate(
            "Verdicts", "{kind}: nothing is wrong with what is there, but something needed is missing."
        ),
        "altered": lambda: words.translate("Verdicts", "{kind}: checks that fail: {bad}. Do not rely on it."),
        "not_ours": lambda: words.translate(
            "Verdicts", "This was not issued by Lethe, or nothing in it shows that it was."
        ),
    }
    holds, bad = (words.count(checked.count(mark)) for mark in (Mark.HOLDS, Mark.FAILS))
    text = said[checked.standing.value]().format(kind=kind_word(checked.kind), n=holds, bad=bad)
    unseen = checked.count(Mark.UNSEEN)
    rest = words.translate("Verdicts", "Not looked at: {n}; see below.")
    return words.sentences(text, rest.format(n=words.count(unseen)) if unseen else "")
