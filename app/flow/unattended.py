"""The whole job without a person at the window: the same flow, the same gates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from app.domain.case import Role
from app.domain.copies import Disposal
from app.domain.event import Event
from app.domain.step import Step
from app.flow.desk import Passphrase
from app.flow.flow import Flow
from app.identity import Identity


def carry_out(
    flow: Flow,
    people: Sequence[Identity],
    passphrase: Passphrase,
    *,
    before: Callable[[Step], None] = lambda _: None,
) -> Iterator[Event]:
    """Go through every step that is not done. `before` is called ahead of each but the last.

    Exceptions of copies are accepted in the officer's name, who wrote the case file; the
    certificate lists each.

    Raises:
        GateClosed: at the first step that may not be entered.
        Refused: what a step refuses.
    """
    for step in list(Step)[Step.LOCATE.index :]:
        if flow.done(step):
            continue
        if step is Step.SIGN:
            _accept_all(flow, people[0].name)
            before(step)
            flow.sign(people)
        elif step is Step.CERTIFY:
            yield from flow.begin(step, people=_attesting(people), passphrase=passphrase)
        else:
            before(step)
            yield from flow.begin(step, passphrase=passphrase)


def _accept_all(flow: Flow, officer: str) -> None:
    for copy in flow.copies():
        if copy.disposal is Disposal.EXCEPTION and not copy.declared_by:
            flow.accept(copy.id, officer)


def _attesting(people: Sequence[Identity]) -> tuple[Identity, ...]:
    """Who signs the certificate: officer and witness. Approvers allowed the plan; they saw nothing."""
    return tuple(person for person in people if person.role is not Role.APPROVER)
