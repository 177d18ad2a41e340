"""Read the volumes of a duplicity chain as a stream: every content in them, none of it written to a disk."""

from __future__ import annotations

import hashlib
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from app.domain.outcome import Reason
from app.steps.confirm.opaque import LOOK
from app.steps.confirm.reading import CHUNK
from app.steps.confirm.repositories.contract import Beat, Repository, Run, Unusable
from app.steps.confirm.repositories.inside import Reader, holds_others
from app.steps.confirm.repositories.tool import Tool
from app.steps.confirm.repositories.untar import untarred

_VOLUME: Final = re.compile(
    r"(?P<set>duplicity-(?:full|inc)\.[0-9TZ]+(?:\.to\.[0-9TZ]+)?)\.vol(?P<number>\d+)\.difftar(?P<how>|\.gz|\.gpg)"
)
_MANIFEST: Final = re.compile(
    r"(?P<set>duplicity-(?:full|inc)\.[0-9TZ]+(?:\.to\.[0-9TZ]+)?)\.manifest(?P<how>|\.gz|\.gpg)"
)
_ROOT: Final = re.compile(rb'^Localdir "?(/.*?)"?$', re.MULTILINE)
_WORDS: Final = (
    (rb"bad session key|no secret key|bad passphrase|no passphrase", Reason.WRONG_PASSPHRASE),
    (rb"", Reason.REPOSITORY_DAMAGED),
)


@dataclass(frozen=True, slots=True)
class Content:
    """One file as one backup of the chain holds it. `sha256` is empty where only a difference is there."""

    backup: str
    path: str
    size: int
    sha256: str
    packed: bool = False
    """It begins as what holds others does."""


@dataclass(slots=True)
class _Members:
    """Puts together the files of one backup, be they in parts and over several volumes."""

    found: list[Content] = field(default_factory=list)
    current: tuple[str, str] = ("", "")
    size: int = 0
    state: hashlib._Hash = field(default_factory=hashlib.sha256)
    head: bytes = b""

    def take(self, backup: str, info: tarfile.TarInfo, file: BinaryIO) -> None:
        kind, _, path = info.name.partition("/")
        if kind.startswith("multivol_"):
            path = path.rpartition("/")[0]
        if (backup, path) != self.current or not kind.startswith("multivol_"):
            self.end()
            self.current = (backup, path)
        while chunk := file.read(CHUNK):
            self.size += len(chunk)
            self.state.update(chunk)
            self.head += chunk[: LOOK - len(self.head)]
        if "diff" in kind:
            self.found.append(Content(backup, path, self.size, ""))
            self.size = 0
            self.end()

    def end(self) -> None:
        """Close the file that is being read."""
        if self.current[1] and self.size:
            packed = holds_others(self.head)
            self.found.append(Content(*self.current, self.size, self.state.hexdigest(), packed))
        self.current, self.size, self.state, self.head = ("", ""), 0, hashlib.sha256(), b""


def files_of(repository: Repository) -> tuple[Path, ...]:
    """Every file that duplicity laid down there."""
    return tuple(sorted(one for one in Path(repository.path).iterdir() if is_ours(one.name)))


def is_ours(name: str) -> bool:
    """Whether a file of this name is one that duplicity laid down."""
    return name.startswith("duplicity-")


def is_in_clear(repository: Repository) -> bool:
    """Whether any volume was written without encryption."""
    return any(
        (told := _VOLUME.fullmatch(one.name)) and told["how"] != ".gpg" for one in files_of(repository)
    )


def contents(repository: Repository) -> Run[tuple[Content, ...]]:
    """Read every volume of every chain, whole.

    Raises:
        Unusable: WRONG_PASSPHRASE, or REPOSITORY_DAMAGED for a volume that is not whole.
    """
    told = [found for one in files_of(repository) if (found := _VOLUME.fullmatch(one.name))]
    members = _Members()
    for found in sorted(told, key=lambda one: (one["set"], int(one["number"]))):
        path = Path(repository.path, found[0])
        yield from untarred(_reader(repository, path, found["how"]), _taker(members, found["set"]))
    members.end()
    return tuple(members.found)


def roots(repository: Repository) -> Run[tuple[str, ...]]:
    """The folders that were backed up, as the manifests name them; those named relative are left out."""
    named: set[str] = set()
    for one in files_of(repository):
        if found := _MANIFEST.fullmatch(one.name):
            text = bytearray()
            yield from _plain(repository, one, found["how"], text.extend)
            named.update(root.decode("utf-8", "surrogateescape") for root in _ROOT.findall(bytes(text)))
    return tuple(sorted(named))


def _taker(members: _Members, backup: str) -> Callable[[tarfile.TarInfo, BinaryIO], None]:
    return lambda info, file: members.take(backup, info, file)


def _reader(repository: Repository, path: Path, how: str) -> Reader:
    return lambda take: _plain(repository, path, how, take)


def _plain(repository: Repository, path: Path, how: str, take: Callable[[bytes], object]) -> Run[None]:
    """Hand on what a file of the chain holds, opened."""
    if how == ".gpg":
        asked = (
            "--batch",
            "--no-tty",
            "--pinentry-mode",
            "loopback",
            "--passphrase-fd",
            "0",
            "-d",
            str(path),
        )
        tool = Tool("gpg", words=_WORDS, patience=repository.patience, given=repository.password.encode())
        yield from tool.feed(asked, lambda data: _ignored(take(data)))
        return
    try:
        for chunk in _gunzipped(path) if how else _chunks(path):
            take(chunk)
            yield Beat()
    except (zlib.error, OSError) as error:
        raise Unusable(Reason.REPOSITORY_DAMAGED) from error


def _ignored(_: object) -> None:
    return


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _gunzipped(path: Path) -> Iterator[bytes]:
    state = zlib.decompressobj(31)
    for chunk in _chunks(path):
        rest = chunk
        while rest:
            yield state.decompress(rest, CHUNK)
            rest = state.unconsumed_tail
    if not state.eof or state.unused_data:
        raise zlib.error
