"""The register of certificates: one line for each that was issued, each with the hash of the one before.

It stands in for a time stamp where there is none: nobody can put a certificate between
two others, or take one out, without all later certificates telling. It lies beside the
case folders, so one register holds the cases that were worked on in one place; the case
file may name another file. Nothing of a company stands in it but the certificate's number.
What it can't show: that the last lines were cut off, unless a later certificate is at hand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.domain.canonical import canonical
from app.domain.fault import Fault, Refused
from app.steps.certify.verdict import Check, Said
from app.system.durable import sync_file, sync_folder

LEDGER: Final = "certificates.jsonl"
_KEYS: Final = {"n", "number", "machine_id", "certificate", "manifest", "at", "prev"}


@dataclass(frozen=True, slots=True)
class Follows:
    """After what a certificate was issued: it is the `n`-th of its register.

    `previous` is the SHA-256 of the certificate before it, `head` of that one's line, both
    hex and empty for the first.
    """

    n: int
    previous: str
    head: str


def next_place(path: Path) -> Follows:
    """Where the next certificate will stand.

    Raises:
        Refused: LEDGER_BROKEN when the register can't be read or its chain does not hold.
    """
    lines = _lines(path)
    if not lines:
        return Follows(1, "", "")
    return Follows(len(lines) + 1, str(_told(lines[-1])["certificate"]), _hash(lines[-1]))


@dataclass(frozen=True, slots=True)
class Paper:
    """What is entered: a certificate and its manifest, or an addendum, which is entered like one."""

    certificate: str = "certificate.pdf"
    manifest: str = "manifest.json"


ISSUED: Final = Paper()


def enter(path: Path, follows: Follows, folder: Path, at: str, paper: Paper = ISSUED) -> None:
    """Write the certificate in `folder` into the register, synced, unless it is the last one there.

    Raises:
        Refused: LEDGER_BROKEN as `next_place`; LEDGER_MOVED when another was issued meanwhile.
        OSError: when the register can't be written.
    """
    if entered(path, folder, paper):
        return
    if next_place(path) != follows:
        raise Refused(Fault.LEDGER_MOVED, str(path))
    data = (folder / paper.manifest).read_bytes()
    manifest = json.loads(data)
    line = canonical(
        {
            "n": follows.n,
            "number": manifest["number"],
            "machine_id": manifest["machine_id"],
            "certificate": _hash((folder / paper.certificate).read_bytes()),
            "manifest": _hash(data),
            "at": at,
            "prev": follows.head,
        }
    )
    new = not path.exists()
    with path.open("ab") as file:
        file.write(line + b"\n")
        file.flush()
        sync_file(file.fileno())
    if new:
        sync_folder(path.parent)


def entered(path: Path, folder: Path, paper: Paper = ISSUED) -> bool:
    """Whether the last certificate in the register is the one that lies in `folder`.

    Raises:
        Refused: LEDGER_BROKEN as `next_place`.
    """
    certificate = folder / paper.certificate
    lines = _lines(path)
    if not lines or not certificate.exists():
        return False
    return bool(_told(lines[-1])["certificate"] == _hash(certificate.read_bytes()))


def ledger_checks(certificate: Path, data: bytes, manifest: Mapping[str, Any]) -> Iterator[Check]:
    """Hold a certificate against the register, should one lie beside it or above its case."""
    told = manifest.get("register")
    path = next((one for one in _near(certificate) if one.is_file()), None)
    if not isinstance(told, dict) or path is None:
        return
    try:
        lines = _lines(path)
    except Refused as refused:
        broken = refused.detail.isdigit()
        told_of = Said("register.broken", line=refused.detail) if broken else Said("register.unreadable")
        yield Check("register.chain", False, told_of)
        return
    yield Check("register.chain", True, Said("register.holds", count=len(lines)))
    entries, own = [_told(line) for line in lines], _hash(data)
    entry = next((one for one in entries if one["certificate"] == own), None)
    if entry is None:
        # It may be the register of elsewhere, or its end was cut off.
        yield Check("register.entry.present", False, Said("register.absent", n=told.get("n")))
        return
    before = entries[entry["n"] - 2]["certificate"] if entry["n"] > 1 else ""
    stands = {"n": entry["n"], "previous": before, "head": entry["prev"]}
    same = stands == told
    yield Check("register.entry", same, Said("register.there" if same else "register.other", n=entry["n"]))


def manifests_after(paper: Path, manifest: bytes, told: Mapping[str, Any]) -> tuple[str, ...]:
    """The SHA-256 of each later manifest under the same number, in the register near a paper, if it is there.

    A register that does not hold tells nothing; `ledger_checks` says that of it.
    """
    path = next((one for one in _near(paper) if one.is_file()), None)
    try:
        entries = [_told(line) for line in _lines(path)] if path else []
    except Refused:
        return ()
    own = _hash(manifest)
    at = next((one["n"] for one in entries if one["manifest"] == own), len(entries))
    same = [one for one in entries[at:] if all(one[name] == told[name] for name in ("number", "machine_id"))]
    return tuple(str(one["manifest"]) for one in same)


def _near(certificate: Path) -> Iterator[Path]:
    for folder in list(certificate.resolve().parents)[:3]:
        yield folder / LEDGER


def _lines(path: Path) -> list[bytes]:
    """The lines, their chain checked. A line torn by a crash breaks it: whose it was is for people to see."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Refused(Fault.LEDGER_BROKEN, str(path), error.strerror or "") from error
    lines, head = data.split(b"\n"), ""
    if lines.pop():
        raise Refused(Fault.LEDGER_BROKEN, str(path), f"{len(lines) + 1}")
    for n, line in enumerate(lines, 1):
        told = _told(line)
        if told.get("n") != n or told.get("prev") != head:
            raise Refused(Fault.LEDGER_BROKEN, str(path), f"{n}")
        head = _hash(line)
    return lines


def _told(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line)
        whole = isinstance(told, dict) and set(told) == _KEYS and canonical(told) == line
    except (ValueError, RecursionError):
        return {}
    return told if whole else {}


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
