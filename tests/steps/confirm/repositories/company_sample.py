"""A company's folder with customers of one name among others, and a signed plan over what confirm found."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import random
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.domain.case import Backup, Profile
from app.domain.copies import Copy, Disposal, Searched
from app.domain.event import BackupSearched, Begun, CopyFound, Event, Noted, Settled
from app.domain.fate import Fate, Ground
from app.domain.outcome import CopyOutcome, Reason
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Tier
from app.domain.step import Stage
from app.identity import Identity, SignedPlan, sign_plan
from app.steps.confirm import Before, Wanted, find_copies, look_again
from app.steps.confirm.repositories.disposing import dispose
from tests.in_time import soon

KEY = b"k" * 32
NOW = "2026-11-22T00:00:00Z"
AT = "2026-11-20T08:00:00Z"
"""When it was taken out."""


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
    events = list(find_copies([backup], wanted, key=KEY, password=lambda _: password, **how))
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
    """Carry it out with a journal that is as far as the last event, as the flow's is."""
    stages: dict[str, Stage] = dict(how.pop("stages", {}))
    run = dispose(
        plan,
        copies={copy.id: copy for copy in copies},
        backups=[backup],
        password=lambda _: password,
        stages=stages,
        **how,
    )
    return {event.id: event for event in journalled(run, stages) if isinstance(event, Settled)}


def journalled(run: Iterator[Event], stages: dict[str, Stage], most: int | None = None) -> list[Event]:
    """Draw `most` events, all unless given, and keep in `stages` what the journal would have of them."""
    drawn = []
    for event in itertools.islice(run, most):
        drawn.append(event)
        if isinstance(event, Begun):
            stages.update(dict.fromkeys(event.ids, Stage.BEGUN))
        elif isinstance(event, Noted):
            stages.update(dict.fromkeys(event.ids, Stage.NOTED))
    run.close()
    return drawn


def asked(
    plan: SignedPlan,
    copies: list[Copy],
    backup: Backup,
    ended: dict[str, Settled],
    password: str = "pw",
    at: str = AT,
    patience: float = 60,
) -> dict[str, Settled]:
    """Ask once more for what was taken out, as right before certifying."""
    events = look_again(
        plan.plan.items,
        Before(
            {one.id: (one.outcome, one.evidence, at) for one in ended.values()},
            {one.id: one for one in copies},
            {},
        ),
        backups=[backup],
        wanted=Wanted({}, frozenset(), frozenset()),
        password=lambda _: password,
        is_shut=lambda _: False,
        patience=patience,
    )
    settled = {one.id: one for one in events if isinstance(one, Settled)}
    assert settled.keys() == ended.keys()
    return settled


def packed(root: Path, goes: bytes) -> None:
    """Lay archives and mails there, with what goes in some of them."""
    root.mkdir(parents=True)
    for name, members in (
        ("some.zip", {"goes.csv": goes, "stays.csv": b"somebody else"}),
        ("only.zip", {"goes.csv": goes}),
        ("clean.zip", {"stays.csv": b"somebody else"}),
    ):
        with zipfile.ZipFile(root / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for inner, data in members.items():
                archive.writestr(inner, data)
    with tarfile.open(root / "some.tar.gz", "w:gz") as archive:
        for inner, data in (("goes.csv", goes), ("stays.csv", os.urandom(700 << 10))):
            told = tarfile.TarInfo(inner)
            told.size = len(data)
            archive.addfile(told, io.BytesIO(data))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "b@example.com", "list"
    mail.set_content("as agreed")
    mail.add_attachment(goes, maintype="application", subtype="octet-stream", filename="goes.csv")
    (root / "mail.eml").write_bytes(bytes(mail))
    (root / "broken.zip").write_bytes(b"PK\x03\x04 and nothing more")
    (root / "unknown.rar").write_bytes(b"Rar!\x1a\x07\x01\x00" + bytes(600))


def sees_what_is_packed(backup: Backup, one: Company, signers: tuple[Identity, Identity]) -> None:
    """See in a repository what was `packed` with one customer's file; what may go goes, the rest is there."""
    copies, searched = found(backup, one.wanted(paths=False))
    assert (searched.fault, searched.limits, searched.unopened) == (None, (Reason.NOT_OPENED,), 2)
    assert searched.members >= 6
    told = {Path(copy.member).name: (copy.disposal, copy.reasons) for copy in copies}
    (own,) = (Path(name).name for name in one.mine)
    assert told == {
        own: (Disposal.EXPUNGE, ()),
        "some.zip": (Disposal.EXCEPTION, (Reason.MIXED_ARCHIVE,)),
        "some.tar.gz": (Disposal.EXCEPTION, (Reason.MIXED_ARCHIVE,)),
        "mail.eml": (Disposal.EXCEPTION, (Reason.IN_MAIL,)),
        "only.zip": (Disposal.EXPUNGE, ()),
    }
    assert {copy.of for copy in copies} == {(f"r-{next(iter(one.mine))}",)}
    ended = disposed(signed(copies, signers), copies, backup)
    assert [event.outcome for event in ended.values()] == [CopyOutcome.EXPUNGED] * 2
    again, _ = found(backup, one.wanted(paths=False))
    assert {Path(copy.member).name for copy in again} == {"some.zip", "some.tar.gz", "mail.eml"}


def opaque(root: Path) -> None:
    """Lay there what holds others and is not opened, and an archive that holds such a one."""
    disk = b"LUKS\xba\xbe" + bytes(4090)
    (root / "disk").write_bytes(disk)
    (root / "image").write_bytes(bytes(1080) + b"\x53\xef" + bytes(3000))
    (root / "all.tar.gpg").write_bytes(b"\x85\x01\x0c\x03" + bytes(8) + b"\x01" + bytes(300))
    with zipfile.ZipFile(root / "within.zip", "w") as archive:
        archive.writestr("disk", disk)


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


def unmounted(place: Path) -> None:
    """Take a volume away, as soon as nobody looks into it any more."""
    assert soon(lambda: subprocess.run(["umount", str(place)], check=False).returncode == 0)


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
