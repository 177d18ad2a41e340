"""A whole case carried out over an image, and what it said of each record."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # for residue_ground and residue_records

from residue_ground import Ground, Image
from residue_records import folder_in, number_in

from app.domain.fate import Fate
from app.domain.outcome import AnyOutcome, Evidence, Outcome, Reason
from app.domain.plan import Subject
from app.domain.step import Step
from app.flow import Flow, carry_out, people_of
from app.flow.case_file import case_folder, read_case_file
from app.identity import Identity

CASE = """\
case = "2026-031"
rehearsal = true
[company]
name = "示例科技有限公司"
uscc = "91350100M000100Y43"
[[location]]
path = "{location}"
[[decide]]
match = {{}}
fate = "wipe"
[[person]]
role = "officer"
identity = "{officer}"
passphrase_env = "OFFICER"
[[person]]
role = "witness"
identity = "{witness}"
passphrase_env = "WITNESS"
[certificate]
out = "out"
names = "full"
{more}"""
PASSPHRASES = {"OFFICER": "a passphrase", "WITNESS": "another one"}


@dataclass(frozen=True)
class End:
    """What a finished case said of one record. `number` and `folder` are what its path tells."""

    number: int
    folder: int
    outcome: AnyOutcome
    evidence: Evidence

    @property
    def good(self) -> bool:
        return self.outcome in (Outcome.PROVEN, Outcome.OVERWRITTEN)


@dataclass(frozen=True)
class Ended:
    """A finished case: how each record ended, by its number."""

    ends: dict[int, End]

    @property
    def outcomes(self) -> set[AnyOutcome]:
        return {end.outcome for end in self.ends.values()}

    @property
    def good(self) -> set[int]:
        return {number for number, end in self.ends.items() if end.good}

    @property
    def cleared(self) -> set[int]:
        """The folders all of whose records ended well."""
        return {end.folder for end in self.ends.values()} - {
            end.folder for end in self.ends.values() if not end.good
        }

    def limits(self, outcome: AnyOutcome) -> set[Reason]:
        """Every limit named for records with this outcome."""
        return {one for end in self.ends.values() if end.outcome is outcome for one in end.evidence.limits}


@pytest.fixture
def medium(tmp_path: Path) -> Iterator[Callable[[Ground], Image]]:
    """Make and mount an image. Skips, with the reason, where that is not possible."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("mounting an image needs root")
    with ExitStack() as stack:

        def make(ground: Ground) -> Image:
            made = Image(ground, tmp_path)
            stack.callback(made.remove)
            made.attach()
            return made

        yield make


@pytest.fixture
def carried(tmp_path: Path, people: tuple[Identity, Identity, Identity]) -> Callable[..., Ended]:
    """Write a CASE.toml over a folder and carry the case out to its certificate, unattended."""

    def carry(location: Path, more: str = "") -> Ended:
        file = tmp_path / "CASE.toml"
        officer, witness = people[0].path, people[1].path
        text = CASE.format(location=location, officer=officer, witness=witness, more=more)
        file.write_text(text, encoding="utf-8")
        case = read_case_file(file)
        flow = Flow.create(case_folder(file, case), case, people[0])
        try:
            paths: dict[str, str] = {}
            for _ in carry_out(flow, people_of(case, _passphrase), _passphrase):
                if flow.done(Step.SIGN) and not paths:
                    items = [item for item in flow.plan().items if item.subject is Subject.RECORD]
                    assert {item.fate for item in items} == {Fate.WIPE}
                    paths = {item.id: item.path for item in items}
            assert flow.closed
            results = [one for one in flow.results() if one.id in paths]
        finally:
            flow.close()
        _handed_out(tmp_path / "out" / "inventory.csv", {one.id: one.outcome for one in results})
        ends = [
            End(number_in(paths[one.id]), folder_in(paths[one.id]), one.outcome, one.evidence)
            for one in results
        ]
        return Ended({end.number: end for end in ends})

    return carry


def _passphrase(_: Path, name: str) -> str:
    return PASSPHRASES[name]


def _handed_out(inventory: Path, ends: dict[str, AnyOutcome]) -> None:
    """See that the inventory which leaves the case says the same."""
    lines = inventory.read_text(encoding="utf-8-sig").splitlines()
    for item, outcome in ends.items():
        (line,) = (one for one in lines if f",{item}," in one)
        assert f",Outcome.{outcome.value}," in line
