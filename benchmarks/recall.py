"""Recall and precision of locate: identifiers of every kind in every container, among what only looks so.

    benchmarks/recall.py [--people N] [--seed N] [--floor X]

All values are made anew in each run; the seed is printed, and gives the same run again. What was found is
compared value by value: a record keeps a keyed hash of each, and so can anyone who has planted them.
Without `--floor` what counts is what counts for tier and people (confidence 0.6).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.domain.case import Location
from app.domain.event import Located
from app.domain.record import Record
from app.steps.locate import locate
from app.steps.locate.grade import FOUND
from app.steps.locate.tally import mac_of
from benchmarks.containers import CONTAINERS
from benchmarks.papers import MAINLAND, Papers, papers

KEY = bytes(range(32))
_DERIVED = ("minor.",)
"""Kinds that are said of other findings, and planted with them."""


@dataclass
class Score:
    """What was planted and what was found, by kind."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    @property
    def recall(self) -> float:
        """The share of what was planted that was found."""
        return self.found.total() / max(self.planted.total(), 1)

    @property
    def precision(self) -> float:
        """The share of what was found that was planted."""
        return self.found.total() / max(self.found.total() + self.wrong.total(), 1)

    def add(self, other: Score) -> None:
        """Take in what another file gave."""
        for mine, theirs in zip(self.counts(), other.counts(), strict=True):
            mine.update(theirs)

    def counts(self) -> tuple[Counter[str], Counter[str], Counter[str]]:
        """Give all three."""
        return self.planted, self.found, self.wrong


def score(record: Record | None, planted: frozenset[tuple[str, str]], floor: float) -> Score:
    """Compare what a record holds with what was planted, value by value."""
    made = Score(Counter(kind for kind, _ in planted))
    macs = {mac_of(KEY, kind, value): kind for kind, value in planted}
    for finding in record.findings if record else ():
        if finding.confidence < floor or finding.kind.startswith(_DERIVED):
            continue
        right = sum(1 for mac in finding.macs if macs.get(mac) == finding.kind)
        made.found[finding.kind] += right
        made.wrong[finding.kind] += len(finding.macs) - right
    return made


def measured(
    folder: Path, seed: int, people: int, floor: float = FOUND, jobs: int = 1
) -> Iterator[tuple[str, Score]]:
    """Make every file, look at all, and score each."""
    rng = random.Random(seed)
    made: dict[str, Papers] = {}
    for name, write in CONTAINERS.items():
        made[name] = papers(rng, people)
        (folder / name).write_bytes(write(made[name]))
    for event in locate([Location(folder)], key=KEY, jobs=jobs):
        if isinstance(event, Located):
            name = Path(event.path).name
            planted = made[name].planted
            if name.startswith("big5"):
                planted = frozenset(one for one in planted if one[0] not in MAINLAND)
            yield name, score(event.record, planted, floor)


def main() -> int:
    """Print a row a file and a row a kind; 1 where a value is missed or too much is found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--floor", type=float, default=FOUND)
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.people} people in each of {len(CONTAINERS)} files")
    whole = Score()
    print(f"{'file':<18}{'planted':>9}{'found':>9}{'wrong':>7}{'recall':>9}{'precision':>11}  missed, wrong")
    with tempfile.TemporaryDirectory(prefix="lethe-recall-") as name:
        for file, one in measured(Path(name), asked.seed, asked.people, asked.floor):
            whole.add(one)
            print(_row(file, one), dict(one.planted - one.found) or "", dict(+one.wrong) or "")
    print(_row("all", whole))
    for kind in sorted(whole.planted):
        part = Score(*(Counter({kind: counts[kind]}) for counts in whole.counts()))
        print(_row(kind, part))
    return 0 if whole.recall == 1 and whole.precision >= 0.998 else 1


def _row(name: str, one: Score) -> str:
    counts = f"{one.planted.total():>9,}{one.found.total():>9,}{one.wrong.total():>7,}"
    return f"{name:<18}{counts}{one.recall:>9.2%}{one.precision:>11.2%}"


if __name__ == "__main__":
    sys.exit(main())
