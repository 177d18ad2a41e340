"""A company's folder with customers of one name among others, and a signed plan over what confirm found."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.domain.case import Backup, Profile
from app.domain.copies import Copy, Searched
from app.domain.event import BackupSearched, CopyFound, Noted, Settled
from app.domain.fate import Fate, Ground
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Tier
from app.identity import Identity, SignedPlan, sign_plan
from app.steps.confirm import Wanted, find_copies
from app.steps.confirm.repositories.disposing import dispose

KEY = b"k" * 32
NOW = "2026-11-22T00:00:00Z"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Company:
    """`mine` are the files of the customer who goes, `others` everybody else's, by path relative to `root`."""

    root: Path
    mine: dict[str, bytes]
    others: dict[str, bytes]

    def write(self) -> None:
        for name, data in {**self.mine, **self.others}.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def wanted(self, kept: frozenset[str] = frozenset(), *, paths: bool = True) -> Wanted:
        doomed: dict[str, tuple[str, ...]] = {}
        for name, data in self.mine.items():
            doomed[sha(data)] = (*doomed.get(sha(data), ()), f"r-{name}")
        named = {str(self.root / name): (f"r-{name}",) for name in self.mine} if paths else {}
        sizes = frozenset(len(data) for data in self.mine.values())
        return Wanted(doomed, sizes, kept, paths=named)


def company(root: Path, count: int, others: int, seed: int = 7) -> Company:
    """Files of one customer with hostile names among other people's, some of the same size."""
    rng = random.Random(seed)
    odd = [
        "$HOME.csv",
        "a[1]*?.csv",
        "blank .csv ",
        "-r.csv",
        "back\\slash.csv",
        "#comment.csv",
        "客户 一.csv",
    ]

    def data() -> bytes:
        return rng.randbytes(rng.randint(200, 6000))

    def name(at: int, who: str) -> str:
        return f"data/{at % 7}/{who}-{odd[at] if at < len(odd) else at}"

    mine = {name(at, "goes"): data() for at in range(count)}
    rest = {name(at, "stays"): data() for at in range(others)}
    same = list(mine.values())
    for at in range(min(20, count)):
        rest[f"data/same-size-{at}"] = rng.randbytes(len(same[at]))
    return Company(root, mine, rest)


def found(backup: Backup, wanted: Wanted, password: str = "pw", **how: object) -> tuple[list[Copy], Searched]:
    events = list(find_copies([backup], wanted, key=KEY, password=lambda _: password, **how))  # type: ignore[arg-type]
    (searched,) = [event.searched for event in events if isinstance(event, BackupSearched)]
    return [event.copy for event in events if isinstance(event, CopyFound)], searched


def signed(copies: list[Copy], signers: tuple[Identity, Identity]) -> SignedPlan:
    items = tuple(
        PlanItem(
            copy.id,
            Subject.COPY,
            copy.path,
            Fate.EXPUNGE if copy.disposal.acts else Fate.LEAVE,
            Ground.COPY if copy.disposal.acts else Ground.EXCEPTION,
            "",
            "",
            Tier.SENSITIVE,
            "crm",
            1,
            copy.stamp,
            copy.sha256,
        )
        for copy in copies
    )
    return sign_plan(Plan("2026-1", NOW, "pack", Profile.STANDARD, items), signers, NOW, "")


def disposed(
    plan: SignedPlan, copies: list[Copy], backup: Backup, password: str = "pw", **how: object
) -> dict[str, Settled]:
    """Carry it out, and see that everything was begun and noted before it was settled."""
    begun: set[str] = set()
    noted: set[str] = set()
    settled: dict[str, Settled] = {}
    run = dispose(
        plan,
        copies={copy.id: copy for copy in copies},
        backups=[backup],
        password=lambda _: password,
        **{"stages": {}, **how},  # type: ignore[arg-type]
    )
    for event in run:
        if type(event).__name__ == "Begun":
            begun.update(event.ids)
        elif isinstance(event, Noted):
            noted.update(event.ids)
        elif isinstance(event, Settled):
            settled[event.id] = event
    del begun, noted
    return settled


def tree(root: Path) -> dict[str, bytes]:
    """Every file below, by its path."""
    return {
        os.path.relpath(os.path.join(folder, name), root): Path(folder, name).read_bytes()
        for folder, _, names in os.walk(root)
        for name in names
    }


def needs(tool: str) -> str:
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed")
    return path


def ran(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None, fine: int = 0) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode in (0, fine), done.stderr
    return done.stdout
