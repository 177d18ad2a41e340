"""What a search looks for: the content that goes, and what must not go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to search for: the content that goes, and what must not go with it.

    `doomed` gives for a SHA-256 the ids of the records and keys with that content;
    `sizes` their sizes in bytes, all others are never hashed; `kept` the SHA-256 of
    all that the plan keeps. `own` gives for a (device, inode) the paths of the case's
    own records and keys, so that none is taken for a copy of itself. `paths` gives for
    the absolute path of what goes its ids: a repository has earlier versions of it. `records`
    are the ids that are records and not keys. `within` says that archives and mails in a
    repository are to be looked into, too.
    """

    doomed: Mapping[str, tuple[str, ...]]
    sizes: frozenset[int]
    kept: frozenset[str]
    own: Mapping[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    records: frozenset[str] = frozenset()
    within: bool = False
