"""`lethe locate` and `lethe status`: look, and change nothing."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from app.cli.console import Console
from app.cli.keys import KeysTold
from app.cli.phrases import Phrase
from app.cli.wiping import wiping_facts, wiping_lines
from app.domain.case import Location
from app.domain.event import Event, Located, Progressed
from app.domain.record import Look, Record
from app.domain.step import Step
from app.flow import Flow
from app.flow.databases import database_of
from app.flow.outlook import outlook_of_places
from app.language import category, clue, kind, say
from app.steps.locate import (
    Customers,
    Means,
    Named,
    Passwords,
    as_json,
    locate,
    read_customers,
    read_passwords,
)
from app.steps.locate.databases import locate_database
from app.steps.locate.job import Task
from app.steps.locate.remote import is_remote, survey_remote
from app.system.databases.address import is_address


def locate_paths(asked: argparse.Namespace, console: Console) -> int:
    """Print one line a record, and a summary. Nothing is kept: the key of the hashes is thrown away.

    Of a list of customers only the number of a row and the count of its records are printed.
    """
    began = time.monotonic()
    files = size = records = 0
    looks: Counter[Look] = Counter()
    key = secrets.token_bytes(32)
    customers = read_customers(Path(asked.customers)) if asked.customers else None
    named = Named(customers, key) if customers else None
    means = Means(read_passwords(Path(asked.passwords)) if asked.passwords else Passwords(), asked.ocr)
    for event in _looking(asked, key, customers, means):
        if isinstance(event, Progressed):
            console.progress(event)
        if not isinstance(event, Located):
            continue
        files, size = files + 1, size + event.bytes
        looks[event.look] += 1
        if event.record and _wanted(event.record, asked.subject):
            records += event.look is Look.FOUND
            if named:
                named.add(event.record)
            rows = {"rows": event.record.rows.count} if event.record.rows else {}
            console.result(_line(event.record, console), **as_json(event.record), **rows)
    seconds = round(time.monotonic() - began, 3)
    facts: dict[str, object] = {
        "files": files,
        "bytes": size,
        "records": records,
        "unreadable": looks[Look.UNREADABLE],
        "seconds": seconds,
    }
    if named:
        facts["customers"] = named.records
    others = [look for look in (Look.NOT_LOOKED_AT, Look.SKIPPED) if looks[look]]
    told = [Phrase.SUMMARY.say(console.language, **facts)]
    told += [f"{say(look, console.language)} {looks[look]:,}" for look in others]
    console.result("  ·  ".join(told), summary=facts)
    return 0


def _looking(
    asked: argparse.Namespace, key: bytes, customers: Customers | None, means: Means
) -> Iterator[Event]:
    """Look at the folders and files first, then at buckets and shares, then at databases."""
    listed = Path(asked.customers) if asked.customers else None
    databases = [
        database_of(path, password_env=asked.password_env, customers=listed)
        for path in asked.paths
        if is_address(path)
    ]
    away = [path for path in asked.paths if is_remote(path)]
    here = (path for path in asked.paths if not is_address(path) and path not in away)
    places = [Location(Path(path).absolute()) for path in here]
    if places:
        yield from locate(
            places,
            key=key,
            subject=asked.subject,
            customers=customers,
            means=means,
            jobs=asked.cluster or asked.jobs,
        )
    for one in away:
        password = os.environ.get(asked.password_env, "") if asked.password_env else ""
        yield from survey_remote(one, Task(key, means.bounds, asked.subject, customers, means), password)
    for one in databases:
        password = os.environ.get(one.password_env, "") if one.password_env else ""
        yield from locate_database(one, key=key, password=password, subject=asked.subject)


def _wanted(record: Record, subject: str) -> bool:
    return not subject or any(found.kind == "custom.subject" for found in record.findings)


def _line(record: Record, console: Console) -> str:
    language = console.language
    findings = " ".join(f"{kind(found.kind, language)}×{found.count}" for found in record.findings)
    problems = " ".join(say(problem, language) for problem in record.problems)
    return Phrase.FOUND.say(
        language,
        path=record.path,
        tier=say(record.tier, language),
        category=f"{category(record.category, language)}[{clue(record.clue, language)}]"
        if record.category
        else "",
        people=record.people,
        findings=" ".join(part for part in (findings, problems) if part),
    )


def status(asked: argparse.Namespace, console: Console) -> int:
    """Print where each step stands and why a gate is closed, from the journal alone.

    Before the list is signed also how files are to be wiped, what cleaning names off the
    volumes of the declared locations takes, and what shredding would do to each key; once a
    key is shredded, how far each of its twelve conditions holds.
    """
    flow = Flow.open(Path(asked.case_dir).absolute())
    steps = []
    for standing in flow.standing():
        name, why = say(standing.step, console.language), ""
        if standing.gate:
            why = say(standing.gate.gate, console.language, step=name, count=standing.gate.count)
        phrase = Phrase.STEP_IS_SHUT if why else Phrase.STEP_IS_OPEN
        line = (Phrase.STEP_IS_DONE if standing.done else phrase).say(console.language, step=name, why=why)
        if not console.machine:
            print(line)
        steps.append(
            {
                "step": standing.step.value,
                "done": standing.done,
                "begun": standing.begun,
                "gate": standing.gate.gate.value if standing.gate else None,
                "count": standing.gate.count if standing.gate else 0,
            }
        )
    unsigned = not flow.done(Step.SIGN)
    touched = outlook_of_places(one.path for one in flow.case.locations) if unsigned else ()
    if console.machine:
        told = {"case": flow.case.number, "closed": flow.closed, "steps": steps}
        told["certificate"] = str(flow.certificate) if flow.certificate else None
        told |= wiping_facts(flow.case.wiping, touched)
        told["keys"] = KeysTold(flow).facts()
        print(json.dumps(told))
        return 0
    wiping = wiping_lines(flow.case.wiping, touched, console.language) if unsigned else ()
    for line in (*wiping, *KeysTold(flow).lines(console.language)):
        print(line)
    return 0
