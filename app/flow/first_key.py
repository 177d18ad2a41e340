"""The first key of a case's journal: kept for the officer until the list is signed, then the witness's alone.

Before signing it lies in `journal.key`, encrypted for the officer, and may be shown. At
signing it is put in `first-key.json`, encrypted for each witness, and forgotten. Who has
it can check every seal, and could also make them anew; so it is the witness's to keep.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.domain.canonical import canonical
from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity import Identity, unlock
from app.journal import FirstKey
from app.system.durable import write_durably

FILE: Final = "first-key.json"
_FORMAT: Final = "lethe.first-key/1"
_SECRET: Final = b"lethe first key 1"
_NONCE: Final = 12


def officers_secret(officer: Identity) -> bytes:
    """What encrypts the first key until it is handed over."""
    return officer.secret(_SECRET)


def hand_over(folder: Path, first: FirstKey, people: Sequence[Identity]) -> list[str]:
    """Write `first-key.json` for the witnesses among `people`; give the fingerprints it can be opened by.

    A witness whose token can only sign is left out: they must have it shown.
    """
    handed = {}
    for person in people:
        if person.role is Role.WITNESS and (sealed := _sealed(first, person)):
            handed[person.fingerprint] = sealed
    data = canonical({"format": _FORMAT, "mark": first.mark, "for": handed})
    write_durably(folder / FILE, data + b"\n", 0o600)
    return sorted(handed)


def openable(path: Path) -> bool:
    """Whether anybody can open `first-key.json`."""
    return bool(json.loads(path.read_bytes())["for"])


def take_over(path: Path, person: Identity) -> FirstKey:
    """Open `first-key.json` as one of the people it was written for.

    Raises:
        Refused: FIRST_KEY_UNREADABLE when it is no such file, or was written for others.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        told = json.loads(path.read_bytes())
        sealed = bytes.fromhex(told["for"][person.fingerprint])
        aead = AESGCM(person.secret(_SECRET))
        return FirstKey(aead.decrypt(sealed[:_NONCE], sealed[_NONCE:], told["mark"].encode()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidTag) as error:
        raise Refused(Fault.FIRST_KEY_UNREADABLE, str(path), person.name) from error


def first_key_of(journal: Path, witness: Path, passphrase: str) -> FirstKey:
    """Open the first key that lies beside `journal` with a witness's key file and passphrase.

    `journal` is any of its segments. The key is in memory only.

    Raises:
        Refused: as `unlock` for the witness's key file; FIRST_KEY_UNREADABLE when there is no
            `first-key.json`, or it was written for others.
    """
    return take_over(journal.with_name(FILE), unlock(witness, passphrase, Role.WITNESS))


def _sealed(first: FirstKey, witness: Identity) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        secret = witness.secret(_SECRET)
    except Refused as refused:
        if refused.fault is Fault.TOKEN_UNUSABLE:
            return ""
        raise
    nonce = secrets.token_bytes(_NONCE)
    return (nonce + AESGCM(secret).encrypt(nonce, first.seed, first.mark.encode())).hex()
