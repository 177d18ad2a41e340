"""`lethe run`, `lethe resume`, `lethe rehearse`: the whole job without a window."""

from __future__ import annotations

import argparse
import getpass
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from app.cli.console import Console, command, quoted
from app.cli.phrases import Phrase
from app.cli.services import resume_waiting, tell_services
from app.cli.verbs import EXCEPTIONS, STOPPED
from app.cli.verbs.journal import show_first_key, tell_who_has_first_key
from app.cli.wiping import tell_before_signing
from app.domain.case import Case
from app.domain.event import Event
from app.domain.step import Step
from app.flow import Flow, Passphrase, carry_out, case_folder, from_environment, people_of, read_case_file
from app.flow.caution import shut_keys
from app.identity import Identity
from app.steps.certify import Status


def run(asked: argparse.Namespace, console: Console) -> int:
    """Open a new case for a CASE.toml and carry it out to the certificate."""
    case_file = Path(asked.case_file)
    return _run(read_case_file(case_file), case_file, console)


def resume(asked: argparse.Namespace, console: Console) -> int:
    """Go on with a case where it stands."""
    folder = Path(asked.case_dir).absolute()
    seen = Flow.open(folder)
    ask = asking(console)
    if seen.closed:
        if not resume_waiting(folder, seen, ask, console):
            console.phrase(Phrase.NOTHING_TO_DO)
        return _ended(seen, console)
    people = people_of(seen.case, ask)
    return _carry_out(Flow.open(folder, people[0], ask), people, ask, console)


def rehearse(asked: argparse.Namespace, console: Console) -> int:
    """Make a synthetic company and run the whole job on it."""
    from app.rehearsal import PASSPHRASES, build_company

    case_file = build_company(Path(asked.dir).absolute(), records=asked.records)
    console.phrase(Phrase.REHEARSAL_MADE, path=case_file.parent)
    if asked.company_only:
        for name, passphrase in PASSPHRASES.items():
            console.phrase(Phrase.REHEARSAL_PHRASE, name=name, passphrase=passphrase)
        console.phrase(Phrase.REHEARSAL_WALK, command=command(), case_file=quoted(case_file))
        console.result(str(case_file), case_file=str(case_file))
        return 0
    os.environ.update(PASSPHRASES)
    case = read_case_file(case_file)
    ended = _run(case, case_file, console)
    console.phrase(
        Phrase.REHEARSAL_OPEN,
        command=command(),
        folder=quoted(case_folder(case_file, case)),
        passphrase=PASSPHRASES["OFFICER_PASSPHRASE"],
    )
    return ended


def _run(case: Case, case_file: Path, console: Console) -> int:
    ask = asking(console)
    people = people_of(case, ask)
    flow = Flow.create(case_folder(case_file, case), case, people[0], ask)
    return _carry_out(flow, people, ask, console)


def asking(console: Console) -> Passphrase:
    """Passphrases come from the environment variable the case names, else from a prompt on a terminal.

    What was typed is kept in memory, so that nobody is asked twice for the same.
    """
    typed: dict[Path, str] = {}

    def ask(path: Path, name: str) -> str:
        given = from_environment(path, name)
        if given or not sys.stdin.isatty():
            return given
        if path not in typed:
            typed[path] = getpass.getpass(Phrase.PASSPHRASE_OF.say(console.language, path=path))
        return typed[path]

    return ask


def _carry_out(flow: Flow, people: Sequence[Identity], ask: Passphrase, console: Console) -> int:
    try:
        events = _until_stopped(carry_out(flow, people, ask, before=_telling(flow, console)))
        console.watch(events)
        if not flow.closed:
            console.phrase(Phrase.STOPPED, command=command(), folder=quoted(flow.folder))
            return STOPPED
    finally:
        flow.close()
    return _ended(flow, console)


def _telling(flow: Flow, console: Console) -> Callable[[Step], None]:
    """Say before two people sign, and before keys go, what they should know. Nothing is asked for."""

    def tell(step: Step) -> None:
        if step is Step.SIGN:
            for found in flow.found_keys():
                facts = {"path": found.path, "keys": found.keys, "passwords": found.passwords}
                console.phrase(Phrase.KEY_NOT_DECLARED, **facts, store=found.store or "-")
            tell_before_signing(flow, console)
            tell_services(flow, asking(console), console)
            show_first_key(flow, console)
        elif step is Step.SHRED:
            tell_who_has_first_key(flow.folder, console)
            for path in shut_keys(flow.case, from_environment) if not sys.stdin.isatty() else ():
                console.phrase(Phrase.KEY_SHUT, path=path)

    return tell


def _until_stopped(events: Iterator[Event]) -> Iterator[Event]:
    """Draw events until Ctrl-C or a polite kill, which end the step between two events, never inside one."""
    asked_to_stop: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: asked_to_stop.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        for event in events:
            yield event
            if asked_to_stop:
                break
    finally:
        getattr(events, "close", lambda: None)()
        for number, handler in before.items():
            signal.signal(number, handler)


def _ended(flow: Flow, console: Console) -> int:
    status = flow.status
    well = status is Status.ALL_DESTROYED
    console.phrase(Phrase.ENDED_ALL if well else Phrase.ENDED_EXCEPTIONS)
    console.result(
        str(flow.certificate),
        certificate=str(flow.certificate),
        status=status.value if status else None,
        case=str(flow.folder),
    )
    return 0 if well else EXCEPTIONS
