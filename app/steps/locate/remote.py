"""Places that are no folder of this system: a bucket, a share that is not mounted. Looked at and listed only.

What is found there is told as anywhere, by the address of the object. Nothing there can be wiped: no block
of it is this machine's. A case takes no such address as a location; mount the share, or have the bucket as
a backup of the case, whose versions are expunged one by one. This process does the reading itself: a reader
that crashes ends the look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast
from urllib.parse import urlsplit, urlunsplit

from app.domain.event import Located, Progressed
from app.domain.fault import Fault, Refused
from app.domain.record import Problem, Stamp
from app.domain.row import record_of
from app.domain.step import Step
from app.steps.locate.job import Target, Task
from app.steps.locate.limits import Account
from app.steps.locate.look import Seen, digest_of, judge, search
from app.steps.locate.read import passages
from app.steps.locate.read.source import Source
from app.steps.locate.tally import Tally

SCHEMES: Final = ("s3", "smb", "file")
_ADDRESS: Final = re.compile(r"(" + "|".join(SCHEMES) + r")://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Object:
    """One object of a place, as it was listed."""

    path: str
    """As the place names it."""
    address: str
    size: int
    mark: str
    """What changes when its content does: an ETag, a time."""


def is_remote(text: str) -> bool:
    """Whether a text is the address of such a place."""
    return _ADDRESS.match(text) is not None


def survey_remote(address: str, task: Task, password: str = "") -> Iterator[Located | Progressed]:
    """Look at every object below an address, in order of their names, and give one `Located` for each.

    Raises:
        Refused: REMOTE_UNREACHABLE, at the first `next`, before anything is looked at: when the place
            can't be listed, what reads it is not installed, or a password stands in the address.
    """
    place = _opened(address, password)
    objects = _listed(place, address)
    yield Progressed(Step.LOCATE, 0, len(objects))
    for number, one in enumerate(objects, 1):
        yield _looked(place, one, address, task)
        yield Progressed(Step.LOCATE, number, len(objects), now=one.address)


def _opened(address: str, password: str) -> Any:
    parts = urlsplit(address)
    if parts.password is not None:
        raise Refused(Fault.REMOTE_UNREACHABLE, _bare(address), "--password-env")
    try:
        import fsspec

        if parts.scheme.lower() == "s3":
            from app.steps.locate.s3 import Buckets

            return Buckets()
        options: dict[str, Any] = {}
        if parts.scheme.lower() == "smb":
            options = {
                "host": parts.hostname,
                "port": parts.port,
                "username": parts.username,
                "password": password,
            }
        return fsspec.filesystem(parts.scheme.lower(), **options)
    except ImportError as error:
        raise Refused(Fault.REMOTE_UNREACHABLE, address, f"pip install lethe[{parts.scheme}]") from error
    except Exception as error:  # each place has errors of its own
        raise Refused(Fault.REMOTE_UNREACHABLE, address, type(error).__name__) from error


def _bare(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _listed(place: Any, address: str) -> list[_Object]:
    """List everything below the address first: of what can't be listed nothing is said."""
    parts = urlsplit(address)
    root = parts.path if parts.scheme.lower() != "s3" else f"{parts.netloc}{parts.path}"
    before = f"{parts.scheme.lower()}://{parts.netloc}" if parts.scheme.lower() != "s3" else "s3://"
    made, folders = [], [root.rstrip("/") or "/"]
    try:
        while folders:
            for told in place.ls(folders.pop(), detail=True):
                if told["type"] == "directory":
                    folders.append(told["name"])
                elif told["type"] == "file":
                    size = int(told["size"] or 0)
                    made.append(_Object(told["name"], before + told["name"], size, _mark_of(told)))
    except Exception as error:  # each place has errors of its own
        raise Refused(Fault.REMOTE_UNREACHABLE, address, type(error).__name__) from error
    return sorted(made, key=lambda one: one.address)


def _looked(place: Any, one: _Object, address: str, task: Task) -> Located:
    below = one.address[len(address.rstrip("/")) :].lstrip("/")
    stamp = Stamp(0, 0, one.size, _nanoseconds(one.mark), 0, 1)
    target = Target(one.address, address, below or one.address.rpartition("/")[2], stamp)
    seen = Seen(stamp, [], Tally(task.key))
    try:
        with place.open(one.path, "rb") as opened:
            file = cast("BinaryIO", opened)
            account = Account(problems=seen.problems)
            search(Source(one.address.rpartition("/")[2], file, file=file), task, account, seen, passages)
            file.seek(0)
            seen.sha256 = digest_of(file, one.size, lambda: None)
        if _mark_of(place.info(one.path)) != one.mark:
            seen.problems.append(Problem.CHANGED_WHILE_READ)
    except FileNotFoundError:
        seen.problems.append(Problem.MISSING)
    except PermissionError:
        seen.problems.append(Problem.DENIED)
    except Exception:  # noqa: BLE001  each place has errors of its own; the object is listed, the look goes on
        seen.problems.append(Problem.IO_ERROR)
    sight = judge(target, seen, task)
    record = record_of(sight.row) if sight.row else None
    return Located(one.address, sight.look, one.size, record)


def _mark_of(told: dict[str, Any]) -> str:
    return str(told.get("ETag") or told.get("mtime") or "")


def _nanoseconds(mark: str) -> int:
    """Give the time of a place that tells one, as a stamp has it; 0 where the mark is none."""
    try:
        return int(float(mark) * 1_000_000_000)
    except ValueError:
        return 0
