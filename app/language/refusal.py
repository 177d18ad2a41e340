"""Put a refusal or a closed gate in one sentence, with what to do."""

from __future__ import annotations

from enum import Enum
from typing import Final

from app.domain.case import Role
from app.domain.fault import Breach, Fault, GateClosed, Refused
from app.language.system import system_says
from app.language.table import Language, say

_NAMES: Final[tuple[tuple[Fault, str, type[Enum]], ...]] = (
    (Fault.PERSON_MISSING, "subject", Role),
    (Fault.WRONG_ROLE, "detail", Role),
    (Fault.JOURNAL_BROKEN, "detail", Breach),
)
"""Where a refusal carries the value of an enum member, which is put in words too."""


def explain(refusal: Refused | GateClosed, language: Language) -> str:
    """Give the sentence for what Lethe refused or which gate is closed."""
    if isinstance(refusal, GateClosed):
        return say(refusal.gate, language, step=refusal.step, count=refusal.count)
    facts: dict[str, object] = {
        "subject": refusal.subject,
        "detail": system_says(refusal.detail, language),
        "line": refusal.line,
    }
    for fault, name, cls in _NAMES:
        if refusal.fault is fault and facts[name] in {member.value for member in cls}:
            facts[name] = cls(facts[name])
    return say(refusal.fault, language, **facts)
