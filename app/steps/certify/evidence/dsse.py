"""The second export: an in-toto Statement v1 in a DSSE envelope, for machines that know these."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from app.domain.canonical import canonical
from app.domain.case import Role
from app.domain.fault import Refused
from app.identity import Identity, refuse_alike
from app.identity.certificate import has_signed, read_holder
from app.steps.certify.verdict import Check, Said

DSSE: Final = "manifest.dsse.json"
_PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
_STATEMENT: Final = "https://in-toto.io/Statement/v1"
_PREDICATE: Final = "urn:lethe:destruction:v1"
_TOLD: Final = (
    "number",
    "machine_id",
    "case",
    "company",
    "issued_at",
    "status",
    "rehearsal",
    "plan",
    "leaves",
    "difference",
    "totals",
    "journal",
    "register_key",
)
"""What of the manifest the predicate repeats."""


def enveloped(manifest: Mapping[str, Any], files: Mapping[str, bytes], people: Sequence[Identity]) -> bytes:
    """Give the envelope: a statement on these files, by name, signed by all these people.

    Each signature is over the DSSE pre-authentication encoding with SHA-256: ECDSA in DER, or
    RSA PKCS#1 v1.5. `keyid` is the SHA-256 of the signer's certificate, which stands beside it.

    Raises:
        Refused: PASSPHRASE_MISSING for a locked person.
    """
    payload = canonical(_statement(manifest, files))
    return canonical(
        {
            "payloadType": _PAYLOAD_TYPE,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [
                {
                    "keyid": person.fingerprint,
                    "sig": base64.b64encode(person.sign(_encoding(payload))).decode(),
                    "cert": base64.b64encode(person.certificate_der).decode(),
                }
                for person in people
            ],
        }
    )


def envelope_checks(data: bytes, manifest: Mapping[str, Any], folder: Path | None = None) -> Iterator[Check]:
    """Check an envelope: its form, its signers against the manifest's, its files.

    Without a folder its files are not looked at.
    """
    try:
        envelope = json.loads(data)
        payload = base64.b64decode(envelope["payload"], validate=True)
        statement = json.loads(payload)
        named = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
        same = canonical(_bare(envelope)) == data and canonical(statement) == payload
        same = same and _plain_base64(envelope)
        whole = same and statement == {
            **_statement(manifest, {}),
            "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in named.items()],
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        yield Check("dsse.form", False, Said("dsse.other"))
        return
    yield Check("dsse.form", whole, Said("dsse.same" if whole else "dsse.other"))
    yield _signers(envelope, payload, manifest)
    if folder is not None:
        yield from _files(named, folder)


def _files(named: Mapping[str, str], folder: Path) -> Iterator[Check]:
    """Hold each file in the folder that the statement names against its digest there."""
    for name, digest in named.items():
        path = folder / Path(name).name
        if path.is_file():
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            same = found == digest
            told = Said(
                "digest.same" if same else "digest.other", found=found[:16], expected=str(digest)[:16]
            )
            yield Check(f"dsse.file.{name}", same, told)


def _statement(manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "_type": _STATEMENT,
        "subject": [
            {"name": name, "digest": {"sha256": hashlib.sha256(data).hexdigest()}}
            for name, data in files.items()
        ],
        "predicateType": _PREDICATE,
        "predicate": {name: manifest[name] for name in _TOLD},
    }


def _encoding(payload: bytes) -> bytes:
    """The pre-authentication encoding of DSSE v1."""
    kind = _PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _bare(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """The envelope with the fields that Lethe writes and no other: what nobody signed can't stand in it."""
    return {
        "payloadType": _PAYLOAD_TYPE,
        "payload": envelope["payload"],
        "signatures": [
            {name: one[name] for name in ("keyid", "sig", "cert")} for one in envelope["signatures"]
        ],
    }


def _plain_base64(envelope: Mapping[str, Any]) -> bool:
    """Whether each base64 is the one way to write its bytes, so that no bit of it is free."""
    texts = [envelope["payload"]]
    for one in envelope["signatures"]:
        texts += [one["sig"], one["cert"]]
    return all(base64.b64encode(base64.b64decode(text, validate=True)).decode() == text for text in texts)


def _signers(envelope: Mapping[str, Any], payload: bytes, manifest: Mapping[str, Any]) -> Check:
    """Whether exactly the people whom the manifest names have signed, officer and witness among them."""
    try:
        certificates = [base64.b64decode(one["cert"], validate=True) for one in envelope["signatures"]]
        prints = [hashlib.sha256(one).hexdigest() for one in certificates]
        fits = prints == [one["keyid"] for one in envelope["signatures"]]
        fits = fits and prints == [one["fingerprint"] for one in manifest["signatures"]]
        pool = [bytes.fromhex(one) for one in manifest.get("authorities", ())]
        roles = [Role(one["role"]) for one in manifest["signatures"]]
        refuse_alike(read_holder(one, pool, role) for one, role in zip(certificates, roles, strict=True))
        values = [base64.b64decode(one["sig"], validate=True) for one in envelope["signatures"]]
        encoding = _encoding(payload)
        held = all(
            has_signed(certificate, value, encoding)
            for certificate, value in zip(certificates, values, strict=True)
        )
    except (ValueError, LookupError, TypeError, Refused):
        fits = held = False
    names = tuple(one["name"] for one in manifest["signatures"])
    ok = fits and held
    return Check("dsse.signed", ok, Said("signed.by" if ok else "signed.not", names=names))
