"""A case that was carried out, with the first key of its journal, for tests of what comes after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.flow import Flow, carry_out, case_folder, people_of, read_case_file
from app.journal import FirstKey
from app.rehearsal import PASSPHRASES


@dataclass(frozen=True)
class Issued:
    company: Path
    case: Path
    out: Path
    first: FirstKey


def phrase(_: Path, variable: str) -> str:
    return PASSPHRASES.get(variable, "")


def carried_out(case_file: Path) -> Issued:
    """Do the whole job of a CASE.toml, keeping what the witness was shown."""
    case = read_case_file(case_file)
    people = people_of(case, phrase)
    flow = Flow.create(case_folder(case_file, case), case, people[0])
    try:
        first = flow.show_first_key()
        assert first is not None
        for _ in carry_out(flow, people, phrase):
            pass
    finally:
        flow.close()
    return Issued(case_file.parent, flow.folder, case.certificate.out, first)
