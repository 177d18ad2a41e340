"""Verify a manifest: its form, who signed it and the plan before, and that it does not say too much."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from app.domain.canonical import canonical
from app.domain.case import Role
from app.domain.fault import Refused
from app.identity import PlanDigest, Signature, Signer, cms_verify, refuse_alike, refuse_unsigned
from app.identity.certificate import Holder
from app.steps.certify.checking.files import there
from app.steps.certify.evidence.manifest import DETACHED, FORMAT, VERSION
from app.steps.certify.signing.cmsform import form_fault
from app.steps.certify.status import Status
from app.steps.certify.verdict import Check, Said

Manifest = dict[str, Any]
_HASH: Final = 64
_ROLES: Final = frozenset(role.value for role in Role)
_SIGNER: Final = ("field", "role", "name", "fingerprint")
_TEXTS: Final = ("number", "machine_id", "case", "plan", "status", "issued_at")


def read_manifest(data: bytes) -> Manifest | None:
    """Read a manifest; None when it is none of Lethe's, or lacks what every check relies on."""
    try:
        manifest = json.loads(data)
        needed = manifest["format"] == FORMAT and manifest["version"] == VERSION and _whole(manifest)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return manifest if needed else None


def _whole(manifest: Manifest) -> bool:
    leaves, difference = manifest["leaves"], manifest["difference"]
    hashes = (manifest["inventory"]["sha256"], leaves["planned"], leaves["done"], manifest["journal"]["head"])
    texts = [*(manifest[name] for name in _TEXTS), *hashes]
    texts += [one[name] for one in manifest["signatures"] for name in _SIGNER]
    lists = (
        manifest["exceptions"],
        *(difference[name] for name in ("without_outcome", "not_planned", "ended_otherwise")),
    )
    total = manifest["totals"]["all"]
    numbers = (
        leaves["count"],
        manifest["journal"]["count"],
        *(total[name] for name in ("lines", "destroyed", "kept", "bytes")),
    )
    return (
        all(isinstance(one, str) for one in texts)
        and all(len(one) == _HASH for one in hashes)
        and all(isinstance(one, list) for one in (*lists, manifest["plan_signers"]))
        and all(isinstance(one, dict) for one in manifest["plan_signers"])
        and all(type(one) is int for one in numbers)
        and isinstance(manifest["annex"], (dict, type(None)))
        and all(len(one["sha256"]) == _HASH for one in manifest.get("papers", ()))
        and all(one["role"] in _ROLES for one in manifest["signatures"])
        and all(isinstance(bytes.fromhex(one), bytes) for one in manifest.get("authorities", ()))
    )


def manifest_checks(data: bytes, p7s: bytes | None, manifest: Manifest) -> Iterator[Check]:
    """Check the manifest, its detached signature by all the people it names, and the plan's signatures."""
    same = _canonical(manifest) == data
    yield Check("manifest.canonical", same, Said("form.canonical" if same else "form.other"))
    yield _borne(manifest)
    yield _planned(manifest)
    yield from signature_checks(data, p7s, manifest, DETACHED)


def signature_checks(data: bytes, p7s: bytes | None, manifest: Manifest, name: str) -> Iterator[Check]:
    """Check the detached signature in the file `name` by all the people whom a manifest names."""
    yield there("p7s.present", name, p7s)
    if p7s is None:
        return
    named = {one["fingerprint"]: Role(one["role"]) for one in manifest["signatures"]}
    try:
        signers = cms_verify(data, p7s, named)
    except Refused:
        yield Check("p7s.valid", False, Said("signed.none"))
        return
    yield _people(signers, manifest)
    bad = [signer.name or signer.fingerprint[:16] for signer in signers if not signer.valid]
    whole = {signer.fingerprint for signer in signers if signer.valid} == set(named)
    told = Said("signed.by", names=tuple(signer.name for signer in signers))
    if bad or not whole:
        told = Said("signed.not", names=tuple(bad)) if bad else Said("signed.others")
    yield Check("p7s.valid", not bad and whole, told)
    fault = form_fault(p7s, named, above(manifest, [one.holder for one in signers]))
    yield Check("p7s.form", not fault, Said("form.spare") if fault else Said("form.tight"))


def authorities(manifest: Manifest) -> tuple[bytes, ...]:
    """The certificates of authorities that the manifest carries, in DER."""
    return tuple(bytes.fromhex(one) for one in manifest.get("authorities", ()))


def above(manifest: Manifest, holders: Iterable[Holder | None]) -> set[str]:
    """SHA-256, hex, of the chains over these people, as far as the manifest carries them."""
    known = {hashlib.sha256(one).hexdigest() for one in authorities(manifest)}
    chains = (one for holder in holders if holder for one in holder.chain)
    return known & {hashlib.sha256(one).hexdigest() for one in chains}


def _canonical(manifest: Manifest) -> bytes:
    try:
        return canonical(manifest)
    except (TypeError, RecursionError):
        return b""


def _borne(manifest: Manifest) -> Check:
    """Whether the status is no better than the exceptions and the difference let it be."""
    difference = manifest["difference"]
    differs = any(difference[name] for name in ("without_outcome", "not_planned", "ended_otherwise"))
    destroyed = manifest["totals"]["all"]["destroyed"]
    best = Status.WITH_EXCEPTIONS if manifest["exceptions"] or differs else Status.ALL_DESTROYED
    right = (best if destroyed else Status.NOT_DESTROYED).value
    ok = manifest["status"] == right
    return Check(
        "status.borne", ok, Said("status.is" if ok else "status.more", exceptions=len(manifest["exceptions"]))
    )


def _planned(manifest: Manifest) -> Check:
    """Whether officer and witness signed this plan and this root, by the signatures the manifest carries."""
    try:
        signatures = [
            Signature(
                one["role"],
                one["name"],
                bytes.fromhex(one["certificate"]),
                one["signed_at"],
                bytes.fromhex(one["value"]),
                authorities(manifest),
            )
            for one in manifest["plan_signers"]
        ]
        refuse_unsigned(
            PlanDigest(manifest["case"], manifest["plan"], manifest["leaves"]["planned"]), signatures
        )
    except (Refused, ValueError, KeyError, TypeError):
        return Check("plan.signed", False, Said("plan.unsigned"))
    names = tuple(f"{one.name} ({one.at})" for one in signatures)
    return Check("plan.signed", True, Said("plan.signed", names=names))


def _people(signers: Sequence[Signer], manifest: Manifest) -> Check:
    """Whether each person is who the manifest calls them, and officer and witness are two people.

    The manifest's own words prove nothing here: one person could write two names into it.
    """
    told = sorted((one["fingerprint"], one["role"], one["name"]) for one in manifest["signatures"])
    seen = sorted((one.fingerprint, one.role.value if one.role else "", one.name) for one in signers)
    try:
        refuse_alike(signer.holder for signer in signers)
    except Refused:
        return Check("signers.apart", False, Said("people.one"))
    same = told == seen
    return Check("signers.apart", same, Said("people.two" if same else "people.other"))
