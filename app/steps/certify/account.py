"""The account: all that a certificate says, gathered once from journal and register, without raw names.

The flow builds it while the register can still be read and keeps it as `certificate/account.json`,
so that the certificate can be written after the register's key is gone, and again after a crash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from app.domain.canonical import canonical
from app.domain.case import CaseKind, NameLevel, Profile, Scale
from app.domain.copies import Searched
from app.domain.fate import Fate, Ground
from app.domain.limit import Limit
from app.domain.medium import Medium
from app.domain.outcome import AnyOutcome, Evidence, Reason
from app.domain.plan import Subject
from app.domain.record import Look, Tier
from app.identity.signing import Signature
from app.register.codec import plain


@dataclass(frozen=True, slots=True)
class Line:
    """One item of the plan and how it ended. `name` is the path at the case's name level.

    `listed` is the same as the inventory shows it. `outcome` is None when the journal holds
    no outcome for it; such a line is an exception. `settled_at` is RFC 3339, empty without
    an outcome. `look` is how the look at a record ended, None for a copy or key.
    """

    id: str
    subject: Subject
    name: str
    fate: Fate
    ground: Ground
    rule: str
    law: str
    tier: Tier
    category: str
    people: int
    bytes: int
    outcome: AnyOutcome | None
    evidence: Evidence | None
    settled_at: str
    look: Look | None = None
    listed: str = ""


def named(outcome: AnyOutcome | None) -> str:
    """Write an outcome for machines: `Outcome.overwritten`; `unknown` when there is none."""
    return f"{type(outcome).__name__}.{outcome.value}" if outcome else "unknown"


@dataclass(frozen=True, slots=True)
class Signer:
    """A person who signed the plan. `fingerprint` is the SHA-256 of their certificate, hex.

    `certificate` in DER and the `value` of the signature are hex too, so that a stranger can check it.
    """

    role: str
    name: str
    fingerprint: str
    signed_at: str
    certificate: str = ""
    value: str = ""
    chain: str = ""
    """The certificates above that of an authority, hex, the root last, spaces between."""

    @classmethod
    def of(cls, signature: Signature) -> Self:
        """Give who made a signature of the plan."""
        told = signature.plain()
        told["signed_at"] = told.pop("at")
        return cls(fingerprint=hashlib.sha256(signature.certificate).hexdigest(), **told)


@dataclass(frozen=True, slots=True)
class Annex:
    """The list of full names, encrypted for its holders. `sha256` is of the encrypted file."""

    holders: tuple[str, ...]
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Paper:
    """A document attached to the case. `kind` is the folder of `evidence/` it lies in, or `other`.

    `name` is at the case's name level; `sha256` is of the file.
    """

    kind: str
    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why the officer let a limit of what is kept stand. `why` has no identifiers of anybody."""

    limit: Reason
    why: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What locate looked at, in files and bytes; `problems` counts each problem by its name.

    `kinds` has, of each kind of identifier, how many different values were found and in how
    many records. `people` is the estimate over all records; 0 in an account of before.
    """

    files: int
    bytes: int
    found: int
    clean: int
    unreadable: int
    skipped: int
    not_looked_at: int
    problems: tuple[tuple[str, int], ...] = ()
    kinds: tuple[tuple[str, int, int], ...] = ()
    people: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """Everything printed on the certificate. No personal data of customers but names at `names` level.

    `number` is the human number, `machine_id` the one for computers; `plan` the digest
    two people signed; `journal_count` and `journal_head` the anchor: how many entries the
    journal held, and the last one's hash, when the account was made. `beyond` is what no wipe
    of a file reaches: swap, snapshots, sync folders and the like, named at the name level.
    `planned` is the Merkle root that was signed with the plan, `salts` the key of the leaves'
    salts, hex: it never leaves the case. `unplanned` are ids of which the journal holds an
    outcome though the plan does not list them.
    """

    case: str
    number: str
    machine_id: str
    company: str
    uscc: str
    kind: CaseKind
    scale: Scale
    dates: tuple[tuple[str, str], ...]
    profile: Profile
    rehearsal: bool
    language: str
    names: NameLevel
    opened_at: str
    begun_at: str
    ended_at: str
    plan: str
    pack: str
    signers: tuple[Signer, ...]
    coverage: Coverage
    lines: tuple[Line, ...]
    searched: tuple[Searched, ...]
    media: tuple[Medium, ...]
    locations: tuple[str, ...]
    journal_count: int
    journal_head: str
    tool: str
    system: str
    beyond: tuple[Limit, ...] = ()
    planned: str = ""
    salts: str = ""
    unplanned: tuple[str, ...] = ()
    annex: Annex | None = None
    papers: tuple[Paper, ...] = ()
    excuses: tuple[Excuse, ...] = ()


def digest_of(account: Account) -> str:
    """Give the SHA-256 of the account as it lies on disk, hex; line by line, for it may have millions."""
    digest = hashlib.sha256()
    for piece in pieces_of(account):
        digest.update(piece)
    return digest.hexdigest()


def pieces_of(account: Account) -> Iterator[bytes]:
    """Give the canonical JSON of the account in pieces: joined, what `canonical` gives for the whole.

    Without excuses it has no word of them: an account that an older Lethe made keeps its digest.
    """
    told = plain(replace(account, lines=()))
    if not account.excuses:
        del told["excuses"]
    around = canonical(told)
    # Within a text every quote is escaped, so this stands nowhere else.
    before, after = around.split(b'"lines":[]', 1)
    yield before + b'"lines":['
    for number, line in enumerate(account.lines):
        yield (b"," if number else b"") + canonical(plain(line))
    yield b"]" + after
