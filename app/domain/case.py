"""A case: one disposal for one company, as the officer declares it before anything is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path

from app.domain.conditions import KeyWord
from app.domain.copies import Disposal
from app.domain.fate import Fate
from app.domain.pattern import Pattern
from app.domain.record import Tier
from app.domain.vaulting import VaultTerms
from app.domain.wiping import Wiping


class CaseKind(Enum):
    """Why the company disposes of its data (公司法 229-241, 企业破产法)."""

    ORDINARY = "ordinary"
    SIMPLE = "simple"
    COMPULSORY = "compulsory"
    BANKRUPTCY = "bankruptcy"
    MERGER = "merger"
    SHARE_TRANSFER = "share_transfer"
    ASSET_TRANSFER = "asset_transfer"


class Scale(Enum):
    """How many people's data the company holds (PIPL 52, 网络数据安全管理条例 28)."""

    UNDER_1M = "under_1m"
    UNDER_10M = "under_10m"
    OVER_10M = "over_10m"


class Role(Enum):
    """What a person does in a case; the officer can never be the witness."""

    OFFICER = "officer"
    WITNESS = "witness"
    APPROVER = "approver"


class NameLevel(Enum):
    """How file names appear on what leaves the case."""

    FULL = "full"
    MASKED = "masked"
    HANDLE = "handle"
    NONE = "none"


class Profile(Enum):
    """How much is re-checked before a file is overwritten."""

    STANDARD = "standard"
    """Device, inode, size, mtime and ctime must equal the signed plan."""
    STRICT = "strict"
    """The content digest too."""


@dataclass(frozen=True, slots=True)
class Company:
    """The company whose customers' data is disposed of."""

    name: str
    uscc: str
    kind: CaseKind = CaseKind.ORDINARY
    people: Scale = Scale.UNDER_1M


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates the case's kind needs; None where not declared."""

    dissolved: date | None = None
    committee: date | None = None
    announced: date | None = None
    claims_until: date | None = None
    tax_cleared: date | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """A place to look in. `path` is absolute."""

    path: Path


@dataclass(frozen=True, slots=True)
class Database:
    """A database to look in. `url` is SQLAlchemy's, without a password; a path in it is absolute.

    `password_env` names the environment variable that holds the password. With `customers`,
    a list, only the rows that name one of them go, and those that refer to such a row;
    without it all rows of each table that holds customer data. `whole` makes one record of
    the database, which goes with all that is in it.
    """

    url: str
    password_env: str = ""
    customers: Path | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class LookTerms:
    """How locations are looked through. `passwords` is a list, one a line, tried on what is locked."""

    passwords: Path | None = None
    pictures: bool = False
    """Whether the text in pictures and on scanned pages is read (extra `ocr`)."""
    patterns: tuple[Pattern, ...] = ()
    """What the company itself numbers its customers and papers with."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A tool's repository or a folder in which copies of the records may lie."""

    kind: str
    """restic | borg | folder | archive | bagit | declared"""
    path: Path
    password_env: str = ""
    note: str = ""
    disposal: Disposal | None = None
    """What a person declares of a backup that Lethe can't read; with `declared_by`, who says so."""
    until: date | None = None
    declared_by: str = ""
    paper: Path | None = None
    """The evidence for it: kept with the case, and known on the certificate by its digest."""

    @property
    def remote(self) -> bool:
        """Whether `path` is no path of this computer: `remote:folder`, or a bucket."""
        return self.kind in ("rclone", "s3")


@dataclass(frozen=True, slots=True)
class KeySource:
    """A key the officer declares for shredding."""

    kind: str
    """The name of one of the shred step's kinds of key stores."""
    path: Path
    passphrase_env: str = ""
    word: KeyWord = field(default_factory=KeyWord)
    """What a named person says of it."""


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A key that a service or a token keeps and destroys by its own call; or of which a person only says so.

    `name` says which key there, `url` where the service answers. `copies` are folders and
    files in which copies of what the store keeps may lie. `wait` is in days, `timeout`, for
    each question to the store, in seconds. `by` and `paper` are whose word it is, and its
    evidence.
    """

    kind: str
    """The name of one of the shred step's services."""
    name: str
    passphrase_env: str = ""
    url: str = ""
    module: Path | None = None
    region: str = ""
    wait: int = 0
    timeout: int = 20
    by: str = ""
    paper: Path | None = None
    copies: tuple[Path, ...] = ()

    @property
    def locator(self) -> str:
        """What stands in the plan where a file has its path; one key has one."""
        return f"{self.kind}:{self.name}" + (f"@{self.url}" if self.url else "")


@dataclass(frozen=True, slots=True)
class Custodian:
    """Who receives the sealed package of what the law keeps.

    `recipient` is an age recipient (`age1…`). `identity` is the custodian's own
    key file when it is at hand for the restore test. With `shares`, how many of how many, the
    key is made here and handed out in shares (SLIP-39), and there is neither; without all three
    a key is made here and laid beside the package. `receipt` is the file by which they say that
    they took it over. The last three are the officer's reasons why what is asked for stays
    undone, and stand on the certificate: a second recipient, a restore with the custodian's own
    key, the receipt.
    """

    name: str
    recipient: str = ""
    identity: Path | None = None
    shares: tuple[int, int] | None = None
    receipt: Path | None = None
    one_recipient: str = ""
    without_restore: str = ""
    without_receipt: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """Which records a rule speaks of; an empty field matches every record.

    `glob` is matched against the path relative to its location, with `/`
    between parts and `**` over any number of folders.
    """

    category: str = ""
    glob: str = ""
    tier: Tier | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class FateRule:
    """A decision of the case: the first rule that matches gives the fate."""

    match: Match
    fate: Fate
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HoldRule:
    """A reason why matching records must be kept, whatever the fate rules say."""

    match: Match
    reason: str
    """complaint | lawsuit | arbitration | investigation | tax_check | request | other"""
    reference: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class PersonSource:
    """A person of the case and where their key is.

    `identity` is a key file, or a PKCS#11 URI (`pkcs11:token=…;object=…`) with `module` the
    token's library. `chain` and `revocation` are files of what an authority issued:
    certificates, CRLs, OCSP responses. Who has signed the plan and can't sign the
    certificate may be stood in for: `instead_of` names them, `reason` says why.
    """

    role: Role
    identity: Path
    passphrase_env: str = ""
    module: Path | None = None
    chain: tuple[Path, ...] = ()
    revocation: tuple[Path, ...] = ()
    instead_of: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AnnexHolder:
    """Who may read the list of full names. `recipient` is an age recipient (`age1…`)."""

    name: str
    recipient: str


@dataclass(frozen=True, slots=True)
class CertificateTerms:
    """Where the certificate goes and how much it says of names.

    Without `holders` no list of full names leaves the case. `tsa` is the address of a time
    stamp service (RFC 3161), the only connection Lethe ever opens; `tsa_papers` are files of
    its chain and revocation. `register` is the register of certificates, when it is not
    beside the case folder.
    """

    out: Path
    names: NameLevel = NameLevel.MASKED
    language: str = "zh"
    """zh | en | both"""
    holders: tuple[AnnexHolder, ...] = ()
    tsa: str = ""
    tsa_papers: tuple[Path, ...] = ()
    register: Path | None = None
    printed: bool | None = None
    """Whether an inventory is made for paper too; None makes one where it is short."""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything the officer declares: who, what, where, when."""

    number: str
    company: Company
    certificate: CertificateTerms
    dates: Dates = field(default_factory=Dates)
    locations: tuple[Location, ...] = ()
    databases: tuple[Database, ...] = ()
    looking: LookTerms = field(default_factory=LookTerms)
    backups: tuple[Backup, ...] = ()
    keys: tuple[KeySource, ...] = ()
    services: tuple[ServiceKey, ...] = ()
    """Keys that are not files."""
    custodians: tuple[Custodian, ...] = ()
    rules: tuple[FateRule, ...] = ()
    holds: tuple[HoldRule, ...] = ()
    people: tuple[PersonSource, ...] = ()
    profile: Profile = Profile.STANDARD
    wiping: Wiping = field(default_factory=Wiping)
    vault: VaultTerms = field(default_factory=VaultTerms)
    rehearsal: bool = False
