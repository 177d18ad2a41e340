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
    VOLUME = "volume"
    """It is one file of an archive that goes over several."""
    RAR_NOT_READ = "rar_not_read"
    PST_NOT_READ = "pst_not_read"
    ACCESS_NOT_READ = "access_not_read"
    """Its reader is an addition that is not installed; its bytes were searched as they are."""
    LINK_LOOP = "link_loop"
    SPECIAL_FILE = "special_file"
    PROTECTED_PLACE = "protected_place"
    READER_CRASHED = "reader_crashed"
    """Reading it ended the process that read it; its bytes were searched as they are."""
    READER_HUNG = "reader_hung"
    OVER_MEMORY = "over_memory"
    NO_PRIMARY_KEY = "no_primary_key"
    """Its rows have no name: they go all together or not at all."""
    NOT_TRANSACTIONAL = "not_transactional"
    TRIGGERS = "triggers"
    """The table does something of its own when rows are deleted."""


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
class Rows:
    """What is bound of the rows of a table, or of a whole database; re-checked at the moment of the act.

    `schema` is the SHA-256, hex, over the names and types of the columns and the key, `count`
    how many rows go, `of` how many there were. `digest` is the SHA-256, hex, over the key
    and the content of each row that goes, in the order in which the register keeps them.
    """

    schema: str
    count: int
    of: int
    digest: str
    whole: bool = False
    """It is a database with all its tables, and goes as one."""


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
    read. `year` is the year the content itself names, for retention clocks. For rows of
    a database `path` is its address and the table, without a password, `rows` what is
    bound of them, and of `stamp` only the size says something: the bytes of their values.
    `clue` says what its category was told by: `path`, `title` or `heads`, a colon and the words of our own
    rules that were met there (never the customer's); `pattern`; `secret`; empty where nothing spoke for
    one, and it is the category of whatever holds personal data.
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
    rows: Rows | None = None
    clue: str = ""
