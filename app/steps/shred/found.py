"""Copies of keys that the hunt found before the list is signed, with what is to become of each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from app.domain.copies import Copy, Disposal
from app.domain.event import CopyFound
from app.domain.fault import Refused
from app.domain.outcome import Reason
from app.steps.shred.foresight import Foreseen
from app.steps.shred.hunting import copies_of
from app.steps.shred.inspection import reading, store_of
from app.steps.shred.kinds import kind_of, open_keys, spans_of
from app.steps.shred.kinds.contract import NotOpened, Store
from app.steps.shred.overwriting import content_digest
from app.system.disk import this_disk

_AMONG_OTHERS: Final = ("pem", "age", "pkcs12", "jks")
"""Kinds whose keys may stand in any text, or beside certificates of others: a copy has nothing else in it."""


def found_copies(
    told: Mapping[str, Foreseen], passphrase: Callable[[str], str], known: set[str]
) -> Iterator[CopyFound]:
    """Tell the copies that were foreseen, by the ids of their keys; those at `known` paths are told already.

    A file that is nothing but the key goes with it. Where a key is among other things, in an
    archive or a repository, the copy is an exception for the officer to see; so is a locked
    file of which nobody knows whether it is one.
    """
    finds = {item: [one for one in seen.copies if one.path not in known] for item, seen in told.items()}
    repositories = {one.path for sightings in finds.values() for one in sightings if one.repository}
    for copy in copies_of(finds, Reason.KEY_INSIDE):
        (item, *others) = copy.of
        digest = ""
        if not (others or copy.member or copy.path in repositories):
            digest = _digest(copy, told[item], passphrase(item))
        yield CopyFound(replace(copy, disposal=Disposal.WIPE, reasons=(), sha256=digest) if digest else copy)
    doubtful = {item: [one for one in seen.doubtful if one.path not in known] for item, seen in told.items()}
    yield from (CopyFound(copy) for copy in copies_of(doubtful, Reason.COPY_DOUBTFUL))


def _digest(copy: Copy, told: Foreseen, passphrase: str) -> str:
    """SHA-256 of what will be destroyed of a file that is the key and nothing else; else empty."""
    if copy.stamp.links > 1:
        return ""
    kind = kind_of(told.kind)
    try:
        with reading(told.path) as own, reading(copy.path) as other:
            if kind.name in _AMONG_OTHERS and not _equal(own, other):
                return ""
            store = store_of(this_disk(), other, copy.path)
            mine = {
                key.fingerprint for key in open_keys(kind, store_of(this_disk(), own, told.path), passphrase)
            }
            if not {key.fingerprint for key in open_keys(kind, store, passphrase)} <= mine:
                return ""
            return content_digest(this_disk(), other, spans_of(kind, store))
    except (NotOpened, Refused, OSError):
        return ""


def _equal(one: int, other: int) -> bool:
    """Whether two files say the same but for white space."""
    stores: list[Store] = [store_of(this_disk(), fd) for fd in (one, other)]
    first, second = (b"".join(store.whole().split()) for store in stores)
    return first == second and os.fstat(other).st_size > 0
