"""Write an archive anew without the members that go, so that the old one can be wiped as a whole.

The new archive stands beside the old one until that is wiped, under a name of its own. It is read
back and compared, member by member, before anything is destroyed: if it can't be made, the old one stays.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from typing_extensions import override

from app.domain.copies import Copy, Disposal
from app.domain.event import Progressed
from app.domain.plan import PlanItem
from app.domain.step import Stage, Step
from app.identity import SignedPlan
from app.steps.confirm import sevenzip
from app.steps.confirm.archives import Limits, members
from app.steps.confirm.archiving import CantWrite, write_without
from app.steps.confirm.reading import CHUNK, CantRead, reading
from app.steps.confirm.repositories.waiting import waiting
from app.system.durable import sync_folder
from app.system.packed import BROKEN, HEAD, Packed, packed_as

_BESIDE: Final = ".lethe-new"


def beside(path: str) -> Path:
    """Where the new archive stands until the old one is gone."""
    return Path(path).with_name(f".{Path(path).name}{_BESIDE}")


def rewrite_archives(
    plan: SignedPlan, copies: Mapping[str, Copy], stages: Mapping[str, Stage]
) -> Generator[Progressed, None, tuple[Path, ...]]:
    """Write each archive of which the copies say REWRITE anew beside the old one; give those that failed.

    The members that go are known by the digests of the signed items that the archive is a
    copy of. An archive whose wiping has begun is passed over: its new one was made before. What
    failed must not be wiped, for other things are in it.

    Raises:
        TypeError: for anything but a SignedPlan.
    """
    if not isinstance(plan, SignedPlan):
        raise TypeError("only what a signed plan lists is written anew")
    plan.verify()
    failed: list[Path] = []
    doomed = {item.id: item.sha256 for item in plan.plan.items if item.fate.destroys}
    for item, copy in _rewritten(plan.plan.items, copies):
        if stages.get(item.id, Stage.FRESH) is not Stage.FRESH:
            continue
        yield Progressed(Step.WIPE, 0, item.stamp.size, "bytes", item.path)
        hashes = frozenset(doomed[one] for one in copy.of if one in doomed)
        try:
            yield from _watched(item, hashes)
        except (CantRead, CantWrite, OSError, *BROKEN):
            failed.append(Path(item.path))
    return tuple(failed)


def put_in_place(items: Iterable[PlanItem], copies: Mapping[str, Copy]) -> None:
    """Give each new archive the name of the old one that is gone; while that still stands, drop it."""
    for item, _ in _rewritten(items, copies):
        new, old = beside(item.path), Path(item.path)
        if not _is_plain(new):
            continue
        if os.path.lexists(old):
            new.unlink()
            continue
        new.rename(old)
        with suppress(OSError):
            sync_folder(old.parent)


def _rewritten(items: Iterable[PlanItem], copies: Mapping[str, Copy]) -> Iterator[tuple[PlanItem, Copy]]:
    for item in items:
        copy = copies.get(item.id)
        if copy and copy.disposal is Disposal.REWRITE and copy.path == item.path and item.fate.destroys:
            yield item, copy


class _Stopped(Exception):
    """Nobody waits for the new archive any more."""


class _Pace:
    """How many bytes were gone through; once stopped, the next that are raise."""

    def __init__(self) -> None:
        self.done = 0
        self.stopped = False

    def __call__(self, count: int) -> None:
        self.done += count
        if self.stopped:
            raise _Stopped


def _watched(item: PlanItem, doomed: frozenset[str]) -> Iterator[Progressed]:
    """Make the new archive, telling how far it is. Broken off, nothing of it is left."""
    pace = _Pace()
    run = waiting(lambda: _write(item, doomed, pace))
    try:
        for _ in run:
            # It is read to be hashed, to be copied and to be compared.
            done = min(pace.done // 3, item.stamp.size)
            yield Progressed(Step.WIPE, done, item.stamp.size, "bytes", item.path)
    except GeneratorExit:
        pace.stopped = True
        with suppress(_Stopped, CantRead, CantWrite, OSError, *BROKEN):
            for _ in run:
                pass
            # It was done before it heard that nobody waits.
            beside(item.path).unlink(missing_ok=True)
        raise


def _write(item: PlanItem, doomed: frozenset[str], pace: _Pace) -> None:
    """Make the new archive, on disk and compared, or raise."""
    new = beside(item.path)
    with reading(item.path) as (old, stamp):
        if (stamp.device, stamp.inode, stamp.size) != (item.stamp.device, item.stamp.inode, item.stamp.size):
            raise CantWrite
        if _digest(old, pace) != item.sha256:
            raise CantWrite
        old.seek(0)
        with _made(new) as target:
            if packed_as(old.read(HEAD)) is Packed.SEVENZIP:
                _write_sevenzip(item.path, target, doomed, pace)
            else:
                write_without(old, target, doomed, pace)
            target.flush()
            os.fsync(target.fileno())
            _compare(item.path, old, target, doomed, pace)
    _like(item.path, new)
    sync_folder(new.parent)


@contextmanager
def _made(new: Path) -> Iterator[BinaryIO]:
    """Make the file for the new archive; it is gone again when the work in it fails.

    What a run that was killed left there is removed, and nothing else that has its name.
    """
    if _is_plain(new):
        new.unlink()
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    fd = os.open(new, flags, 0o600)
    try:
        with os.fdopen(fd, "w+b") as target:
            yield target
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _is_plain(path: Path) -> bool:
    """Whether a file is there that has no other name, and is no link to one."""
    try:
        seen = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(seen.st_mode) and seen.st_nlink == 1


def _digest(file: BinaryIO, pace: _Pace) -> str:
    file.seek(0)
    state = hashlib.sha256()
    while chunk := file.read(CHUNK):
        pace(len(chunk))
        state.update(chunk)
    return state.hexdigest()


def _write_sevenzip(path: str, target: BinaryIO, doomed: frozenset[str], pace: _Pace) -> None:
    """Let the program leave out what goes: what it writes holds none of that, and may be copied."""
    names: list[str] = []
    for told, part in sevenzip.parts(path):
        state = hashlib.sha256()
        while chunk := part.read(CHUNK):
            pace(len(chunk))
            state.update(chunk)
        if state.hexdigest() in doomed:
            names.append(told.path)
    made = Path(f"{beside(path)}.7z")
    try:
        sevenzip.write_without(path, made, names, lambda: pace(0))
        with made.open("rb") as source:
            while chunk := source.read(CHUNK):
                pace(len(chunk))
                target.write(chunk)
    finally:
        made.unlink(missing_ok=True)


def _compare(path: str, old: BinaryIO, new: BinaryIO, doomed: frozenset[str], pace: _Pace) -> None:
    """See that the new archive holds all that stays, and nothing that goes."""
    size = os.fstat(old.fileno()).st_size
    kept = _contents(old, size, path, pace)
    stays = Counter({sha256: count for sha256, count in kept.items() if sha256 not in doomed})
    there = _contents(new, size, str(beside(path)), pace)
    if any(sha256 in doomed for sha256 in there) or there != stays:
        raise CantWrite


class _EverySize(frozenset[int]):
    """All sizes there are, so that every member is hashed."""

    @override
    def __contains__(self, _: object) -> bool:
        return True


def _contents(file: BinaryIO, size: int, path: str, pace: _Pace) -> Counter[str]:
    """The digests of all that is no archive itself, however deep, with how often each is there."""
    found: Counter[str] = Counter()
    for member in members(file, size, frozenset(), _EverySize(), Limits(), path):
        pace(0)
        if member.problem is not None:
            raise CantWrite
        if not member.opened:
            found[member.sha256] += 1
    return found


def _like(old: str, new: Path) -> None:
    """Give the new file the owner, rights and times of the old one, as far as the system lets us."""
    with suppress(OSError):
        seen = Path(old).stat()
        if hasattr(os, "chown"):
            os.chown(new, seen.st_uid, seen.st_gid)
    with suppress(OSError):
        shutil.copystat(old, new)
