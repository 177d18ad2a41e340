"""What the searches before certifying saw, apart from those before the signature: each look tells it anew."""

from __future__ import annotations

from collections.abc import Iterable

from app.domain.copies import Searched
from app.register import Register
from app.register.codec import build, plain

_FACT = "late searches"


def forget_late(register: Register) -> None:
    """Forget what an earlier look before certifying saw, for it is about to be looked again."""
    register.set_fact(_FACT, None)


def tell_late(register: Register, seen: Iterable[Searched]) -> None:
    """Keep what was seen late of these places, beside what was told of them in this look."""
    register.set_fact(_FACT, plain(_summed([*_late(register), *seen])))


def all_searched(register: Register) -> list[Searched]:
    """How each search ended, with what was seen late; places of which nothing is to be said left out."""
    before = register.searched()
    known = {one.backup for one in before}
    return [one for one in _summed([*before, *_late(register)]) if one.backup in known or one.limits]


def _late(register: Register) -> list[Searched]:
    return [build(Searched, one) for one in register.fact(_FACT) or ()]


def _summed(searches: Iterable[Searched]) -> list[Searched]:
    places = dict[str, Searched]()
    for one in searches:
        known = places.get(one.backup)
        places[one.backup] = known.and_more(one) if known else one
    return list(places.values())
