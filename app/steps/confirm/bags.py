"""Bags of others (BagIt, RFC 8493): checked whole before they are searched, mended after something went."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.case import Backup
from app.domain.copies import Copy, Searched
from app.domain.event import BackupSearched, Progressed
from app.domain.outcome import Reason
from app.domain.plan import PlanItem
from app.domain.step import Step
from app.steps.confirm.reading import CHUNK, CantRead, raised, reading
from app.steps.confirm.repositories.contract import Beat, Run, Unusable
from app.steps.confirm.repositories.work import told
from app.system.durable import write_durably

CHECK: Final = "manifests, all read"
_ALGORITHMS: Final = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_DECLARATION: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?BagIt-Version: *\d+\.\d+\r?\nTag-File-Character-Encoding: *([\w.-]+)\s*"
)
_OXUM: Final = re.compile(r"^(Payload-Oxum: *)(\d+)\.(\d+)[ \t]*$", re.MULTILINE)
_LINE: Final = re.compile(r"([0-9A-Fa-f]+)[ \t]+\*?(.+?)[\r\n]*")
_ESCAPES: Final = ("%(?:0A|0D|25)", "%(?:0A|0D)", "^$")
_ESCAPED: Final = {"%0A": "\n", "%0D": "\r", "%25": "%"}


@dataclass(frozen=True, slots=True)
class _Bag:
    """A folder that says it is a bag, and how its tag files are written."""

    root: Path
    encoding: str

    def manifests(self, prefix: str) -> dict[str, Path]:
        """The manifests that begin so, by their algorithm."""
        found = {name: self.root / f"{prefix}-{name}.txt" for name in _ALGORITHMS}
        return {name: path for name, path in found.items() if path.is_file()}

    def text(self, path: Path) -> str:
        """The text of a tag file, with every byte of it."""
        return path.read_bytes().decode(self.encoding, "surrogateescape")

    def lines(self, path: Path, known: Container[str]) -> Iterator[tuple[str, str, str]]:
        """Each line of a manifest: as it stands, its digest, the path that it names.

        Not every tool escapes the percent sign: where it can be read two ways, a known name is meant.
        """
        for line in re.split(r"(?<=\n)", self.text(path)):
            if not line.strip():
                continue
            found = _LINE.fullmatch(line)
            if found is None:
                raise Unusable(Reason.REPOSITORY_DAMAGED)
            ways = [re.sub(one, lambda it: _ESCAPED[it[0]], found[2]) for one in _ESCAPES]
            yield line, found[1].lower(), next((one for one in ways if one in known), ways[0])

    def payload(self) -> Iterator[str]:
        """The path of every file in `data`, as a manifest names it."""
        for folder, inner, names in os.walk(self.root / "data", onerror=raised):
            links = [one for one in inner if Path(folder, one).is_symlink()]
            for name in (*names, *links):
                yield Path(folder, name).relative_to(self.root).as_posix()


def check_bag(path: Path) -> Run[int]:
    """Read all of a bag against all of its manifests, as RFC 8493 section 3 asks; give how many files it has.

    Raises:
        Unusable: UNREADABLE when it is no bag; REPOSITORY_DAMAGED when a file is missing, is in no
            manifest or is not what a manifest says.
    """
    try:
        bag = _bag(path)
        files = frozenset(bag.payload())
        yield from _check_manifests(bag, files)
        _check_oxum(bag, files)
    except (OSError, CantRead, LookupError) as error:
        raise Unusable(Reason.REPOSITORY_DAMAGED) from error
    return len(files)


def mend_bags(
    backups: Sequence[Backup], items: Iterable[PlanItem], copies: Mapping[str, Copy]
) -> Iterator[Progressed | BackupSearched]:
    """Let the declared bags tell of what is left in them, after files of theirs were destroyed.

    Afterwards the manifests have no line of a file that is gone, the digest of an archive that was
    written anew, the right Payload-Oxum and tag manifests. The old manifests, which held the names,
    are overwritten where they lay. What a bag lacks for another reason it goes on lacking. Each
    such bag is read whole once more: its BackupSearched has the `check`, or NOT_MENDED.
    """
    roots = {os.path.realpath(one.path): str(one.path) for one in backups if one.kind == "bagit"}
    if not roots:
        return
    touched: dict[str, set[str]] = {}
    for item in items:
        root = next((one for one in roots if Path(item.path).is_relative_to(Path(one, "data"))), None)
        if root and item.fate.destroys and _is_other(item, copies.get(item.id)):
            touched.setdefault(root, set()).add(Path(item.path).relative_to(root).as_posix())
    for root, names in touched.items():
        try:
            yield from told(Step.WIPE, _mend(_bag(Path(root)), names), "files", roots[root])
            count = yield from told(Step.WIPE, check_bag(Path(root)), "files", roots[root])
            yield BackupSearched(Searched(roots[root], count, 0, 0, check=CHECK))
        except (OSError, CantRead, Unusable, LookupError):
            failed = Reason.NOT_MENDED
            yield BackupSearched(Searched(roots[root], 0, 0, 0, (failed,), fault=failed))


def _is_other(item: PlanItem, copy: Copy | None) -> bool:
    """Whether the file is gone, or is a new archive in the place of the old."""
    if not os.path.lexists(item.path):
        return True
    return copy is not None and copy.disposal.value == "rewrite"


def _bag(path: Path) -> _Bag:
    try:
        declared = _DECLARATION.fullmatch((path / "bagit.txt").read_bytes())
    except OSError as error:
        raise Unusable(Reason.UNREADABLE) from error
    if declared is None or not (path / "data").is_dir():
        raise Unusable(Reason.UNREADABLE)
    return _Bag(Path(os.path.realpath(path)), declared[1].decode("ascii"))


def _check_manifests(bag: _Bag, files: frozenset[str]) -> Run[None]:
    payload = bag.manifests("manifest")
    if not payload:
        raise Unusable(Reason.REPOSITORY_DAMAGED)
    expected: dict[str, dict[str, str]] = {}
    for algorithm, path in (*payload.items(), *bag.manifests("tagmanifest").items()):
        listed: set[str] = set()
        for _, digest, name in bag.lines(path, files):
            # A path listed twice, or one that leads out of the bag, holds under no digest.
            if name in listed or not _is_inside(name):
                raise Unusable(Reason.REPOSITORY_DAMAGED)
            listed.add(name)
            expected.setdefault(name, {})[algorithm] = digest
        if path in payload.values() and listed != files:
            raise Unusable(Reason.REPOSITORY_DAMAGED)
    for done, (name, digests) in enumerate(expected.items()):
        yield Beat(done, len(expected))
        found = yield from _digests(bag.root / name, tuple(digests), Beat(done, len(expected)))
        if found != digests:
            raise Unusable(Reason.REPOSITORY_DAMAGED)


def _is_inside(name: str) -> bool:
    return not name.startswith(("/", "~")) and ".." not in name.split("/")


def _digests(path: Path, algorithms: Sequence[str], beat: Beat) -> Run[dict[str, str]]:
    states = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    with reading(str(path)) as (file, _):
        while chunk := file.read(CHUNK):
            for state in states.values():
                state.update(chunk)
            yield beat
    return {name: state.hexdigest() for name, state in states.items()}


def _check_oxum(bag: _Bag, files: Iterable[str]) -> None:
    info = bag.root / "bag-info.txt"
    found = _OXUM.search(bag.text(info).replace("\r\n", "\n")) if info.is_file() else None
    if found and (int(found[2]), int(found[3])) != _oxum(bag, files):
        raise Unusable(Reason.REPOSITORY_DAMAGED)


def _oxum(bag: _Bag, files: Iterable[str]) -> tuple[int, int]:
    sizes = [(bag.root / name).stat().st_size for name in files]
    return sum(sizes), len(sizes)


def _mend(bag: _Bag, names: set[str]) -> Run[None]:
    changed = set()
    for algorithm, path in bag.manifests("manifest").items():
        text = yield from _relisted(bag, path, algorithm, names)
        changed |= _rewrite(bag, path, text)
    info = bag.root / "bag-info.txt"
    if info.is_file():
        size, count = _oxum(bag, bag.payload())
        changed |= _rewrite(bag, info, _OXUM.sub(rf"\g<1>{size}.{count}", bag.text(info)))
    for algorithm, path in bag.manifests("tagmanifest").items():
        text = yield from _relisted(bag, path, algorithm, changed)
        _rewrite(bag, path, text)


def _relisted(bag: _Bag, path: Path, algorithm: str, names: set[str]) -> Run[str]:
    """The text of a manifest without those of these that are gone, and with the digests of the others."""
    text = []
    for line, digest, name in bag.lines(path, names):
        if name not in names:
            text.append(line)
        elif (bag.root / name).is_file():
            found = yield from _digests(bag.root / name, (algorithm,), Beat())
            text.append(found[algorithm] + line[len(digest) :])
    return "".join(text)


def _rewrite(bag: _Bag, path: Path, text: str) -> set[str]:
    """Write a tag file if it changes, and overwrite what it was; give its name when it did."""
    data, old = text.encode(bag.encoding, "surrogateescape"), path.read_bytes()
    if data == old:
        return set()
    if sys.platform == "win32":
        write_durably(path, data)
        return {path.name}
    with path.open("r+b") as former:
        write_durably(path, data)
        former.write(bytes(len(old)))
        former.flush()
        os.fsync(former.fileno())
    return {path.name}
