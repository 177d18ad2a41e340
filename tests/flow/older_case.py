"""A case as an older Lethe left it: its slot wraps the register's key, and its journal says format 2."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.domain.case import Case
from app.flow.case_text import case_toml
from app.flow.first_key import officers_secret
from app.identity import Identity
from app.journal import FirstKey, Journal
from app.register import Register

MAGIC = b"LETHE SLOT 0001\n"


def hkdf(material: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, info).derive(material)


def older_slot(path: Path, secret: bytes, case: str) -> bytes:
    """Write a slot as formats 1 and 2 had it; give the root that it wraps."""
    root, share, nonce = (secrets.token_bytes(size) for size in (32, 32, 12))
    key = hkdf(share + secret, b"lethe slot 1")
    body = MAGIC + share + nonce + AESGCM(key).encrypt(nonce, root, MAGIC + case.encode())
    path.write_bytes(body + secrets.token_bytes(4096 - len(body)))
    return root


def older_case(folder: Path, case: Case, officer: Identity) -> bytes:
    """Make the folder of a new case of format 2; give the root of its keys."""
    for name in ("evidence", "certificate"):
        (folder / name).mkdir(parents=True)
    root = older_slot(folder / "key.slot", officer.secret(b"lethe register 1"), case.number)
    Register.create(folder / "register.db", hkdf(root, b"lethe case 1 register")).close()
    (folder / "case.toml").write_bytes(case_toml(case).encode())
    journal = Journal.create(folder / "journal.jsonl", FirstKey.new(), kept_for=officers_secret(officer))
    journal.append("opened", {"case": case.number, "format": 2})
    journal.append("declared", {"void_from": "locate", "complete": True})
    journal.close()
    return root


def events(folder: Path) -> list[tuple[str, dict[str, object]]]:
    lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [(line["event"], line["body"]) for line in map(json.loads, lines)]
