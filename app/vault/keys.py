"""The file of a vault's wrapped keys: useless without the slot, so it may be copied and replaced.

Layout: magic (16), length of the head (4, big endian), the head in canonical JSON, the
master key wrapped with the unlock key, then for each customer an id of 16 bytes and the
wrapped key, ascending; last an HMAC over everything before it, under a key of the master.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from app.domain.canonical import canonical
from app.domain.fault import Fault, Refused
from app.domain.vaulting import Suite
from app.system.memory import Secret
from app.vault.suite import DIGEST, derive, mac
from app.vault.unlocking import Cost, Factor
from app.vault.wrapping import wrapped_size

MAGIC: Final = b"LETHE KEYS 0001\n"
FORMAT: Final = 1
ID: Final = 16
SALT: Final = 32
_LENGTH: Final = 4
_LONGEST_HEAD: Final = 4096


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a vault without opening it."""

    suite: Suite
    generation: int
    factors: tuple[Factor, ...]
    salt: bytes
    cost: Cost

    def packed(self) -> bytes:
        """The head as it stands in the file."""
        body = canonical(
            {
                "argon2": [self.cost.memory_kib, self.cost.passes, self.cost.lanes],
                "factors": [factor.value for factor in self.factors],
                "format": FORMAT,
                "generation": self.generation,
                "salt": self.salt.hex(),
                "suite": self.suite.value,
            }
        )
        return MAGIC + len(body).to_bytes(_LENGTH, "big") + body


@dataclass(slots=True)
class Keys:
    """The content of the file: the wrapped master, and the wrapped key of each customer by id."""

    head: Head
    master: bytes = b""
    wraps: dict[bytes, bytes] = field(default_factory=dict)

    def packed(self, master: Secret) -> bytes:
        """The whole file."""
        body = b"".join(
            (self.head.packed(), self.master, *(one + self.wraps[one] for one in sorted(self.wraps)))
        )
        return body + _tag(self.head.suite, master, body)


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read and not yet proven: `body` is all before the tag."""

    keys: Keys
    body: bytes
    tag: bytes

    def proven(self, master: Secret) -> bool:
        """Whether nothing in it was changed since the master's holder wrote it."""
        return hmac.compare_digest(_tag(self.keys.head.suite, master, self.body), self.tag)


def read_keys(path: Path) -> Read | None:
    """Read the file; None when it is not there.

    Raises:
        Refused: VAULT_BROKEN when it is no such file or was cut; CASE_TOO_NEW.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return _read(data)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise Refused(Fault.VAULT_BROKEN, str(path), str(error)) from error
    except Refused as refused:
        fault = Fault.CASE_TOO_NEW if refused.fault is Fault.CASE_TOO_NEW else Fault.VAULT_BROKEN
        raise Refused(fault, str(path), refused.detail) from refused


def _read(data: bytes) -> Read:
    start = len(MAGIC) + _LENGTH
    length = int.from_bytes(data[len(MAGIC) : start], "big")
    if not data.startswith(MAGIC) or length > _LONGEST_HEAD:
        raise ValueError("not a file of keys")
    head = _head(json.loads(data[start : start + length]))
    if head.packed() != data[: start + length]:
        raise ValueError("head")
    size = wrapped_size(head.suite.key_bytes)
    body, tag = data[:-DIGEST], data[-DIGEST:]
    rest = body[start + length :]
    master, table = rest[:size], rest[size:]
    each = ID + size
    if len(master) != size or len(table) % each:
        raise ValueError("length")
    wraps = {table[at : at + ID]: table[at + ID : at + each] for at in range(0, len(table), each)}
    if len(wraps) * each != len(table):
        raise ValueError("an id that stands there twice")
    return Read(Keys(head, master, wraps), body, tag)


def _head(told: dict[str, Any]) -> Head:
    if not isinstance(told["format"], int) or told["format"] > FORMAT:
        raise Refused(Fault.CASE_TOO_NEW, detail=str(told["format"]))
    memory, passes, lanes = (int(number) for number in told["argon2"])
    salt = bytes.fromhex(told["salt"])
    if len(salt) != SALT:
        raise ValueError("salt")
    return Head(
        Suite(told["suite"]),
        int(told["generation"]),
        tuple(Factor(name) for name in told["factors"]),
        salt,
        Cost(memory, passes, lanes),
    )


def _tag(suite: Suite, master: Secret, body: bytes) -> bytes:
    with Secret(DIGEST) as key:
        derive(suite, master.view, b"lethe vault 1 table", key.view)
        return mac(suite, key.view, body)
