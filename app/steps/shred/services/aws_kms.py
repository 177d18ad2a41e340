"""Keys of AWS KMS: their deletion is scheduled, and until its date the key can be had back.

`name` is a key id, an ARN or an alias; `wait` the days, 7 to 30. Who may ask is told by the
environment or the profile, as boto3 finds it. A key that spans regions is only gone when every copy
of it in the others is; imported material can be brought in again by who has it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from typing_extensions import override

from app.domain.canonical import canonical
from app.domain.case import ServiceKey
from app.domain.outcome import Fact, Reason
from app.steps.shred.services import contract
from app.steps.shred.services.seen import UNTIL

T = TypeVar("T")
SHORTEST: Final = 7
"""Days: AWS waits no less."""
_ARN: Final = 5
"""Colons of an ARN: arn:partition:service:region:account:resource."""
_PENDING: Final = ("PendingDeletion", "PendingReplicaDeletion")
_REASONS: Final = {
    "NotFoundException": Reason.GONE,
    "AccessDeniedException": Reason.DENIED,
    "KMSInvalidStateException": Reason.STORE_REFUSED,
    "UnsupportedOperationException": Reason.STORE_REFUSED,
    "DisabledException": Reason.STORE_REFUSED,
    "UnrecognizedClientException": Reason.WRONG_PASSPHRASE,
    "InvalidClientTokenId": Reason.WRONG_PASSPHRASE,
    "InvalidSignatureException": Reason.WRONG_PASSPHRASE,
    "IncompleteSignature": Reason.WRONG_PASSPHRASE,
    "ExpiredTokenException": Reason.WRONG_PASSPHRASE,
    "ExpiredToken": Reason.WRONG_PASSPHRASE,
}

Metadata = Mapping[str, Any]


@contextmanager
def _open(source: ServiceKey, _: str) -> Iterator[contract.Keeper]:
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise contract.Unanswered(Reason.NO_LIBRARY) from None
    once = Config(
        connect_timeout=source.timeout, read_timeout=source.timeout, retries={"total_max_attempts": 1}
    )

    def begun() -> Any:
        session = boto3.session.Session(region_name=source.region or None)
        if session.get_credentials() is None:
            raise contract.Unanswered(Reason.WRONG_PASSPHRASE)
        return session

    session = _said(begun)

    def client(region: str, service: str = "kms") -> Any:
        where = region or session.region_name
        return session.client(service, region_name=where, endpoint_url=source.url or None, config=once)

    yield _Kms(source, client, _said(lambda: client("")))


def _said(ask: Callable[[], T]) -> T:
    from botocore import exceptions

    try:
        return ask()
    except exceptions.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        raise contract.Unanswered(_REASONS.get(code, Reason.NO_ANSWER)) from None
    except (
        exceptions.ProfileNotFound,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
    ):
        raise contract.Unanswered(Reason.WRONG_PASSPHRASE) from None
    except exceptions.BotoCoreError:
        raise contract.Unanswered(Reason.NO_ANSWER) from None


@dataclass(slots=True)
class _Kms(contract.Keeper):
    """A session in the key's own region; `client` gives one in another, or with another service.

    A key's handle is its ARN, with the account in it: whoever asks another account for its id is
    told that there is no such key.
    """

    source: ServiceKey
    client: Callable[..., Any]
    own: Any = field(repr=False)

    def _described(self, name: str, region: str = "") -> Metadata | None:
        def ask() -> Any:
            client = self.client(region) if region else self.own
            return client.describe_key(KeyId=name)

        try:
            told: Metadata = _said(ask)["KeyMetadata"]
        except contract.Unanswered as error:
            if error.reason is Reason.GONE:
                return None
            raise
        return told

    @override
    def keys(self) -> tuple[contract.KeyRef, ...]:
        told = self._described(self.source.name)
        if told is None:
            return ()
        kin, born = _kin(told), told["CreationDate"]
        known = [told["Arn"], int(born.timestamp()), told["Origin"]]
        limits: tuple[Reason, ...] = (Reason.STORE_WORD,)
        if told["Origin"] == "EXTERNAL":
            limits += (Reason.EXPORTABLE,)
        if told.get("CustomKeyStoreId"):
            limits += (Reason.STORE_BACKUPS,)
        facts: tuple[Fact, ...] = (
            ("origin", str(told["Origin"])),
            ("state_before", str(told["KeyState"])),
            ("replicas", len(kin)),
        )
        saw = contract.Saw.WAITING if _waits(told) else contract.Saw.THERE
        handle = " ".join((str(told["Arn"]), *kin))
        id_ = hashlib.sha256(canonical(known)).hexdigest()
        algorithm = f"KMS {told.get('KeySpec', '')}"
        return (contract.KeyRef(id_, handle, algorithm, saw=saw, limits=limits, facts=facts),)

    @property
    def _days(self) -> int:
        return self.source.wait or SHORTEST

    @override
    def plan(self, key: contract.KeyRef) -> contract.Foretold:
        name = _id(key.handle)
        imported = (f"DeleteImportedKeyMaterial {name}",) if Reason.EXPORTABLE in key.limits else ()
        return contract.Foretold(
            (*imported, f"ScheduleKeyDeletion {name} PendingWindowInDays={self._days}"), self._days
        )

    @override
    def canary(self, key: contract.KeyRef) -> contract.Challenge:
        name = _id(key.handle)
        told = self._described(name) or {}
        ways = list(told.get("SigningAlgorithms") or ())
        if ways:
            sign = f"{ways[0]} ".encode() + secrets.token_bytes(32)
            return self._tried(name, contract.Challenge("kms-sign", sign, ""))
        text = secrets.token_bytes(32)
        how = str((told.get("EncryptionAlgorithms") or ["SYMMETRIC_DEFAULT"])[-1])
        made = _said(lambda: self.own.encrypt(KeyId=name, Plaintext=text, EncryptionAlgorithm=how))
        locked = f"{how} ".encode() + bytes(made["CiphertextBlob"])
        return self._tried(name, contract.Challenge("kms", locked, hashlib.sha256(text).hexdigest()))

    def _tried(self, name: str, canary: contract.Challenge) -> contract.Challenge:
        return contract.tried(canary, self._opens(name, canary))

    def _opens(self, name: str, canary: contract.Challenge) -> contract.Saw:
        how, _, text = canary.text.partition(b" ")
        way = how.decode("ascii", "replace")
        try:
            if canary.method == "kms-sign":
                _said(lambda: self.own.sign(KeyId=name, Message=text, SigningAlgorithm=way))
                return contract.Saw.THERE
            asked = {"KeyId": name, "CiphertextBlob": text, "EncryptionAlgorithm": way}
            found = bytes(_said(lambda: self.own.decrypt(**asked))["Plaintext"])
        except contract.Unanswered as error:
            shut = {Reason.GONE: contract.Saw.GONE, Reason.STORE_REFUSED: contract.Saw.WAITING}
            return shut.get(error.reason, contract.Saw.SILENT)
        return contract.there(hashlib.sha256(found).hexdigest() == canary.answer)

    @override
    def destroy(self, handle: str, warrant: contract.Warrant) -> contract.Answer:
        """Schedule the deletion, unless it is; of imported material that is here nothing stays meanwhile."""
        found = self.keys()
        if not found:
            raise contract.Unanswered(Reason.GONE)
        warrant.refuse_other(found[0])
        name = _id(handle)
        if found[0].saw is contract.Saw.WAITING:
            return contract.Answer(facts=self._dated(name))
        facts: tuple[Fact, ...] = ()
        if Reason.EXPORTABLE in found[0].limits:
            with suppress(contract.Unanswered):
                _said(lambda: self.own.delete_imported_key_material(KeyId=name))
                facts = (("material", "deleted"),)
        _said(lambda: self.own.schedule_key_deletion(KeyId=name, PendingWindowInDays=self._days))
        return contract.Answer(facts=(*facts, *self._dated(name)))

    def _dated(self, name: str) -> tuple[Fact, ...]:
        """The date before which nobody may say that the key is gone."""
        with suppress(contract.Unanswered):
            until = _state("describe", self._described(name)).until
            return ((UNTIL, until),) if until else ()
        return ()

    @override
    def verify(self, handle: str, canary: contract.Challenge | None) -> tuple[contract.Probe, ...]:
        arn, *kin = handle.split()
        name = _id(handle)
        told = self._described(name)
        if told is None or told["Arn"] != arn:
            self._refuse_other_account(arn)
        probes = [_state("describe", told), contract.Probe("list", self._listed(arn, told))]
        probes += [self._replica(name, region) for region in kin]
        if canary:
            saw = self._opens(name, canary)
            # A key that is only disabled, as after its deletion was called off, refuses just so.
            refused = saw is contract.Saw.WAITING and not _waits(told)
            probes.append(contract.Probe("canary", contract.Saw.SILENT if refused else saw))
        return tuple(probes)

    def _refuse_other_account(self, arn: str) -> None:
        """Refuse a "not found" that was said in another account than the key's.

        Raises:
            Unanswered: NO_ANSWER, or what is said instead of an account.
        """
        account = str(_said(lambda: self.client("", "sts").get_caller_identity())["Account"])
        if _account(arn) != account:
            raise contract.Unanswered(Reason.NO_ANSWER)

    def _listed(self, arn: str, told: Metadata | None) -> contract.Saw:
        """By the list of all keys of the account: one that waits for its date stands in it."""
        try:
            pages = self.own.get_paginator("list_keys").paginate()
            arns = _said(lambda: {str(one["KeyArn"]) for page in pages for one in page["Keys"]})
        except contract.Unanswered:
            return contract.Saw.SILENT
        if any(_account(one) != _account(arn) for one in arns):
            return contract.Saw.SILENT
        if arn not in arns:
            return contract.Saw.GONE
        return contract.Saw.WAITING if _waits(told) else contract.Saw.THERE

    def _replica(self, name: str, region: str) -> contract.Probe:
        """The same key in another region, where it lives on by itself."""
        try:
            probe = _state(f"replica-{region}", self._described(name, region))
        except contract.Unanswered:
            return contract.Probe(f"replica-{region}", contract.Saw.SILENT, limits=(Reason.COPIES_REMAIN,))
        if probe.saw is contract.Saw.THERE:
            return contract.Probe(probe.name, contract.Saw.SILENT, probe.said, limits=(Reason.COPIES_REMAIN,))
        return probe


def _waits(told: Metadata | None) -> bool:
    return told is not None and told["KeyState"] in _PENDING


def _state(name: str, told: Metadata | None) -> contract.Probe:
    if told is None:
        return contract.Probe(name, contract.Saw.GONE, "NotFound")
    state, date = str(told["KeyState"]), told.get("DeletionDate")
    if state not in _PENDING:
        return contract.Probe(name, contract.Saw.THERE, state)
    if not isinstance(date, datetime):
        # A primary waits for its replicas without a date.
        return contract.Probe(name, contract.Saw.WAITING, state, limits=(Reason.COPIES_REMAIN,))
    until = date.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return contract.Probe(name, contract.Saw.WAITING, state, until)


def _id(handle: str) -> str:
    """The key's id, by the ARN that its handle begins with."""
    return handle.split(maxsplit=1)[0].rpartition("/")[2]


def _account(arn: str) -> str:
    """The account of a key, by its ARN; empty for what is none."""
    parts = arn.split(":", _ARN)
    return parts[4] if len(parts) == _ARN + 1 else ""


def _kin(told: Metadata) -> tuple[str, ...]:
    """The other regions in which the key lives."""
    spans = told.get("MultiRegionConfiguration") or {}
    every = [spans.get("PrimaryKey") or {}, *(spans.get("ReplicaKeys") or ())]
    own = str(told["Arn"]).split(":")[3]
    regions = (str(one.get("Region", "")) for one in every)
    return tuple(sorted({region for region in regions if region and region != own}))


SERVICE: Final = contract.Service(
    "aws_kms",
    _open,
    ("name", "region", "url", "wait", "timeout"),
    ("name", "region"),
    "pip install lethe[aws]",
)
