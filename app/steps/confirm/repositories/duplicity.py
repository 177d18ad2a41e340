"""Duplicity: its chains go whole or not at all, for nothing can be taken out of a chain."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.copies import Disposal
from app.domain.outcome import Reason
from app.steps.confirm.repositories.contract import (
    Beat,
    Entry,
    Kind,
    Listing,
    Place,
    Repository,
    Run,
    Traits,
    Unusable,
)
from app.steps.confirm.repositories.inside import may_hold
from app.steps.confirm.repositories.originals import Originals
from app.steps.confirm.repositories.tool import Tool
from app.steps.confirm.repositories.volumes import Content, contents, files_of, is_in_clear, is_ours, roots
from app.steps.confirm.repositories.whereabouts import folder_of, shown
from app.steps.confirm.wanted import Wanted
from app.system.durable import sync_folder, write_durably

_GOING: Final = ".lethe-going"
"""Lies in the repository from when its files begin to go, so that a new run can end it; empty afterwards."""
_WORDS: Final = (
    (rb"bad session key|bad passphrase|no secret key", Reason.WRONG_PASSPHRASE),
    (rb"no backup chains found|no signature chains found", Reason.UNREADABLE),
    (rb"another instance|lockfile", Reason.REPOSITORY_LOCKED),
    (rb"", Reason.REPOSITORY_DAMAGED),
)


@dataclass(frozen=True, slots=True)
class _Going:
    """A removal that was begun: the contents with their sizes, and the names of the files."""

    contents: tuple[tuple[str, int], ...]
    files: tuple[str, ...]


def tool_of(repository: Repository) -> Tool:
    """Duplicity, with a cache of its own that goes with the scratch folder."""
    return Tool("duplicity", {"PASSPHRASE": repository.password}, _WORDS, patience=repository.patience)


def _verify(repository: Repository) -> Run[None]:
    """Let duplicity check each chain to its end; the search reads what that left out."""
    if _going(repository) is not None:
        return
    empty = repository.scratch / "empty"
    empty.mkdir(exist_ok=True)
    tool, url = tool_of(repository), f"file://{os.path.realpath(repository.path)}"
    aside = (f"--archive-dir={repository.scratch}", f"--tempdir={repository.scratch}")
    clear = ("--no-encryption",) if is_in_clear(repository) else ()
    for end in _ends(repository) or ("",):
        at = (f"--time={end}",) if end else ()
        yield from tool.output("verify", *aside, *clear, *at, url, str(empty))


def _ends(repository: Repository) -> tuple[str, ...]:
    """The time of the last backup of each chain, as duplicity wants to be told it."""
    ends: list[str] = []
    told = sorted(
        {one.name.split(".vol")[0] for one in files_of(repository) if ".difftar" in one.name},
        key=lambda name: name.rpartition(".")[2],
    )
    for name in told:
        time = name.rpartition(".")[2]
        if name.startswith("duplicity-full") or not ends:
            ends.append("")
        ends[-1] = f"{time[:4]}-{time[4:6]}-{time[6:11]}:{time[11:13]}:{time[13:15]}Z"
    return tuple(ends)


def _find(repository: Repository, wanted: Wanted) -> Run[Listing]:
    if (going := _going(repository)) is not None:
        told = going.contents
        entries = (
            Entry(one, size, (Place("", ""),), (one,), wanted.doomed.get(one, ())) for one, size in told
        )
        return Listing(tuple(entries), len(told))
    if not files_of(repository) and not repository.emptied:
        raise Unusable(Reason.GONE)
    named = yield from roots(repository)
    held = yield from contents(repository)
    originals = Originals(wanted.paths, named)
    places: dict[str, list[Content]] = defaultdict(list)
    of: dict[str, tuple[str, ...]] = {}
    for one in held:
        ids = wanted.doomed.get(one.sha256) or originals.of(one.path)
        if one.sha256 and ids:
            places[one.sha256].append(one)
            of[one.sha256] = ids
    against = _against(held, places, repository)
    unseen = any(not one.sha256 for one in held)
    entries_ = tuple(
        Entry(
            sha256,
            found[0].size,
            tuple(Place(one.backup, one.path) for one in found),
            (sha256,),
            of[sha256],
            sha256 not in wanted.doomed,
            against=against,
        )
        for sha256, found in places.items()
    )
    limits = frozenset((Reason.NOT_SEARCHED,)) if unseen else frozenset[Reason]()
    unopened = sum((one.packed or may_hold(one.path)) and one.sha256 not in wanted.doomed for one in held)
    return Listing(entries_, len(held), limits, unopened=unopened)


def _against(
    held: Sequence[Content], going: Mapping[str, Sequence[Content]], repository: Repository
) -> tuple[Reason, ...]:
    """Why the chains can't go as a whole: they hold what does not go, and nobody declared that it may."""
    if repository.backup.disposal is Disposal.DISCARD:
        return ()
    paths = {one.path for found in going.values() for one in found}
    # A difference is a later version of what stood at that path.
    stays = any(one.sha256 not in going if one.sha256 else one.path not in paths for one in held)
    return (Reason.MIXED_ARCHIVE,) if stays else ()


def _remove(repository: Repository, entries: Sequence[Entry]) -> Run[None]:
    going = _going(repository)
    if going is None:
        # Held once more: a chain is never begun for which something speaks.
        if blocked := next((one for entry in entries for one in entry.against), None):
            raise Unusable(blocked)
        if not entries:
            return
        known = tuple((one.sha256, one.size) for one in entries)
        going = _Going(known, tuple(path.name for path in files_of(repository)))
        _mark(repository, going)
    yield from _cached_gone(repository)
    for name in going.files:
        Path(repository.path, name).unlink(missing_ok=True)
    sync_folder(Path(repository.path))
    _mark(repository, _Going((), ()))


def _cached_gone(repository: Repository) -> Run[None]:
    """Remove what duplicity keeps in clear of this repository in its user's cache: names and signatures."""
    url = f"file://{repository.path}"
    name = hashlib.md5(url.encode(), usedforsecurity=False).hexdigest()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "duplicity", name)
    for path in folder.glob("duplicity-*"):
        path.unlink()
    with suppress(OSError):
        folder.rmdir()
    yield from ()


def _remaining(repository: Repository, marks: frozenset[str], sizes: frozenset[int]) -> Run[frozenset[str]]:
    if not files_of(repository):
        yield from ()
        if _going(repository) is None:
            # Not the folder that it was taken out of: an empty place where a disk was mounted shows the same.
            raise Unusable(Reason.GONE)
        return frozenset()
    listing = yield from _find(repository, Wanted(dict.fromkeys(marks, ("",)), sizes, frozenset()))
    return frozenset(entry.sha256 for entry in listing.entries) & marks


def _traits(repository: Repository) -> Run[Traits]:
    yield from ()
    freed = Reason.FREED_IN_CLEAR if is_in_clear(repository) else Reason.FREED_ENCRYPTED
    return Traits(Disposal.DISCARD, freed=freed)


def _going(repository: Repository) -> _Going | None:
    """How far a removal came; None when none was begun, or a new backup was made since."""
    path = Path(repository.path, _GOING)
    if not path.is_file():
        return None
    told = json.loads(path.read_bytes())
    known = tuple((str(one), int(size)) for one, size in told["contents"])
    # Whoever may write there could have named any other file of that folder.
    names = tuple(name for one in told["files"] if is_ours(name := Path(str(one)).name))
    return None if not known and files_of(repository) else _Going(known, names)


def _mark(repository: Repository, going: _Going) -> None:
    text = json.dumps({"contents": going.contents, "files": going.files})
    write_durably(Path(repository.path, _GOING), text.encode())


def _store(repository: Repository) -> Run[str]:
    """The folder: a chain has no id of its own, and nothing of it is left once it went."""
    yield Beat()
    return folder_of(repository.path)


KIND: Final = Kind(
    "duplicity", "verify, all volumes read", _verify, _find, _remove, _remaining, _traits, _store, shown
)
