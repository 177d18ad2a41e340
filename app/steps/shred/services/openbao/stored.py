"""Secrets of the KV engine, version 2: `destroy` ends them, a mere `delete` can be called back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from app.domain.canonical import canonical
from app.domain.outcome import Fact, Reason
from app.steps.shred.services import contract
from app.steps.shred.services.openbao.backups import in_snapshot
from app.steps.shred.services.openbao.server import ALWAYS, Server, looked

_TELLING: Final = 16
"""Bytes of a value that no other file has by chance."""


@dataclass(slots=True)
class StoredSecret(contract.Keeper):
    """One secret with all its versions."""

    server: Server
    mount: str
    path: str

    def _at(self, verb: str) -> str:
        return f"{self.mount}/{verb}/{self.path}"

    @override
    def store(self) -> str:
        return self.server.store(self.mount)

    @override
    def keys(self) -> tuple[contract.KeyRef, ...]:
        told = self.server.read(self._at("metadata"))
        if told is None:
            return ()
        handle = self._handle(told)
        facts: tuple[Fact, ...] = (("versions", len(told["versions"])),)
        return (contract.KeyRef(handle, handle, "KV 2", limits=(*ALWAYS, Reason.EXPORTABLE), facts=facts),)

    def _handle(self, told: Mapping[str, Any]) -> str:
        known = [self.server.identity(), self.mount, self.path, str(told["created_time"])]
        return hashlib.sha256(canonical(known)).hexdigest()

    @override
    def plan(self, key: contract.KeyRef) -> contract.Foretold:
        return contract.Foretold(
            (f"PUT {self._at('destroy')} versions=all", f"DELETE {self._at('metadata')}")
        )

    @override
    def canary(self, key: contract.KeyRef) -> contract.Challenge:
        value = self._value()
        if value is None:
            raise contract.Unanswered(Reason.CANARY_FAILED)
        # No text is locked with the secret: that would let a weak one be guessed from the journal.
        return contract.Challenge("secret-read", b"", "")

    def _value(self) -> bytes | None:
        told = self.server.read(self._at("data"))
        value = (told or {}).get("data")
        return canonical(value) if value is not None else None

    @override
    def destroy(self, handle: str, warrant: contract.Warrant) -> contract.Answer:
        """Destroy every version and forget the secret; where only `delete` is allowed, it can be had back."""
        found = self.keys()
        if not found:
            raise contract.Unanswered(Reason.GONE)
        warrant.refuse_other(found[0])
        told = self.server.read(self._at("metadata")) or {}
        versions = sorted(map(int, told["versions"]))
        try:
            self.server.write(self._at("destroy"), {"versions": versions})
            self.server.delete(self._at("metadata"))
        except contract.Unanswered as error:
            if error.reason is not Reason.DENIED:
                raise
            self.server.write(self._at("delete"), {"versions": versions})
        return contract.Answer()

    @override
    def verify(self, handle: str, canary: contract.Challenge | None) -> tuple[contract.Probe, ...]:
        told = self.server.read(self._at("metadata"))
        if told is not None and self._handle(told) != handle:
            told = None
        return self._versions(told), looked("canary", self._read, handle)

    def _versions(self, told: Mapping[str, Any] | None) -> contract.Probe:
        left = [one for one in (told or {}).get("versions", {}).values() if not one["destroyed"]]
        if any(not one["deletion_time"] for one in left):
            return contract.Probe("metadata", contract.Saw.THERE, "versions")
        if left:
            return contract.Probe("metadata", contract.Saw.GONE, "deleted", limits=(Reason.RESTORABLE,))
        return contract.Probe("metadata", contract.Saw.GONE, "destroyed" if told else "none")

    def _read(self, handle: str) -> contract.Saw:
        """Whether the secret can be read; one of the same name that was written anew is another."""
        told = self.server.read(self._at("metadata"))
        if told is not None and self._handle(told) != handle:
            return contract.Saw.GONE
        return contract.Saw.GONE if self._value() is None else contract.Saw.THERE

    @override
    def traces(self, key: contract.KeyRef) -> contract.Traces:
        mount = self.server.mount(self.mount)
        told = self.server.read(self._at("data")) or {}
        values = [str(one).encode() for one in dict(told.get("data") or {}).values()]
        marks = tuple(one for one in values if len(one) >= _TELLING)
        return contract.Traces((*marks, *in_snapshot(mount)), untold=not (mount and marks))
