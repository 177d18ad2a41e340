"""Nouns to plain JSON values and back, by their type annotations alone."""

from __future__ import annotations

import json
from datetime import date
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from app.domain.item import PlanItem
from app.domain.outcome import AnyOutcome, CopyOutcome, Fact, KeepOutcome, KeyOutcome, Outcome
from app.domain.plan import Plan

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")

_OUTCOMES: Final[dict[str, type[AnyOutcome]]] = {
    cls.__name__: cls for cls in (Outcome, KeyOutcome, KeepOutcome, CopyOutcome)
}


def _named(outcome: Enum) -> str:
    return f"{type(outcome).__name__}.{outcome.value}"


def outcome_named(text: str) -> AnyOutcome:
    """Give the outcome that `plain` wrote as "Class.value".

    Raises:
        KeyError, ValueError: for any other text.
    """
    name, _, value = text.partition(".")
    return _OUTCOMES[name](value)


def _fact(pair: tuple[str, str | int | bool], _: object) -> Fact:
    return pair[0], pair[1]


def _plan_plain(plan: Plan) -> dict[str, Any]:
    return {**plan.head, "items": [json.loads(item.line()) for item in plan.items]}


def _plan_of(told: dict[str, Any]) -> Plan:
    return Plan.of(told, tuple(PlanItem.of(json.dumps(item).encode()) for item in told["items"]))


@cache
def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(Path, str)
    converter.register_structure_hook(Path, lambda text, _: Path(text))
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    converter.register_unstructure_hook(bytes, bytes.hex)
    converter.register_structure_hook(bytes, lambda text, _: bytes.fromhex(text))
    for cls in _OUTCOMES.values():
        converter.register_unstructure_hook(cls, _named)
    converter.register_structure_hook(AnyOutcome, lambda text, _: outcome_named(text))
    converter.register_structure_hook(
        AnyOutcome | None, lambda text, _: None if text is None else outcome_named(text)
    )
    converter.register_structure_hook_func(lambda kind: kind == Fact, _fact)
    converter.register_unstructure_hook(Plan, _plan_plain)
    converter.register_structure_hook(Plan, lambda told, _: _plan_of(told))
    return converter


def plain(noun: object) -> Any:
    """Give the JSON values of a noun: dicts, lists, text, integers, booleans and None."""
    return _converter().unstructure(noun)


def build(cls: type[T], values: Any) -> T:
    """Build a noun of `cls` from what `plain` gave.

    Raises:
        Exception: cattrs' own, when the values do not fit or name an unknown field.
    """
    return _converter().structure(values, cls)
