"""Records: what locate found, with counts and keyed hashes, never the values themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Tier(Enum):
    """How grave a record is (PIPL 28, GB/T 45574, JR/T 0171)."""

    GENERAL = "general"
    SENSITIVE = "sensitive"
    CORE = "core"

    @property
    def rank(self) -> int:
        """0 for GENERAL up to 2 for CORE."""
        return list(Tier).index(self)


class Look(Enum):
    """How the look at one file of a location ended. CLEAN is never said of what failed to parse."""

    FOUND = "found"
    CLEAN = "clean"
    UNREADABLE = "unreadable"
    SKIPPED = "skipped"
    NOT_LOOKED_AT = "not_looked_at"


class Problem(Enum):
    """Why a file, or part of it, could not be looked at, or what is odd about it."""

    MISSING = "missing"
    DENIED = "denied"
    LOCKED = "locked"
    MALFORMED = "malformed"
    ENCRYPTED = "encrypted"
    CHANGED_WHILE_READ = "changed_while_read"
    TOO_DEEP = "too_deep"
    BOMB_RATIO = "bomb_ratio"
    BOMB_BYTES = "bomb_bytes"
    BOMB_MEMBERS = "bomb_members"
    UNKNOWN_FORMAT = "unknown_format"
    DOUBTFUL_ENCODING = "doubtful_encoding"
    IO_ERROR = "io_error"
    IMAGE_NOT_READ = "image_not_read"
    LINK_LOOP = "link_loop"
    SPECIAL_FILE = "special_file"
    PROTECTED_PLACE = "protected_place"
    READER_CRASHED = "reader_crashed"
    """Reading it ended the process that read it; its bytes were searched as they are."""
    READER_HUNG = "reader_hung"
    OVER_MEMORY = "over_memory"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What fstat said of a file when it was located; re-checked at the moment of the act.

    Times are nanoseconds since the epoch, `size` is bytes.
    """

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int
    links: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of identifier in a record.

    `kind` is a name of the command-line contract (`cn.id`, `bank.card` …), `count`
    the number of distinct normalised values, `macs` their HMAC-SHA256 under the
    case's key cut to 16 bytes, `confidence` 0-1, `why` the evidence for counting
    it: any of pattern, checksum, date, region, prefix, header, context, companion, known.
    `where` names the first places in the file: a member, a sheet and its column, a page
    (#3), a table and its column. They are the customer's words: for the register alone.
    """

    kind: str
    count: int
    confidence: float
    why: tuple[str, ...]
    macs: tuple[bytes, ...] = ()
    where: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One found thing that holds customer data, or one file that could not be looked at.

    `path` is absolute, as `os.fsdecode` gives it; `location` the location it was
    found under. `sha256` is of the whole file, hex, empty when it could not be
    read. `year` is the year the content itself names, for retention clocks.
    """

    id: str
    path: str
    location: str
    stamp: Stamp
    sha256: str
    look: Look
    tier: Tier
    category: str
    people: int
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    year: int | None = None
