"""Keys of the transit engine: they lock and unlock in the server, and go by their deletion."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from app.domain.canonical import canonical
from app.domain.outcome import Fact, Reason
from app.steps.shred.services import contract
from app.steps.shred.services.openbao.backups import in_backup, in_snapshot
from app.steps.shred.services.openbao.server import ALWAYS, Server, looked


@dataclass(slots=True)
class TransitKey(contract.Keeper):
    """One key of an engine."""

    server: Server
    mount: str
    name: str

    @property
    def _path(self) -> str:
        return f"{self.mount}/keys/{self.name}"

    @override
    def store(self) -> str:
        return self.server.store(self.mount)

    @override
    def keys(self) -> tuple[contract.KeyRef, ...]:
        told = self.server.read(self._path)
        if told is None:
            return ()
        handle = self._handle(told)
        limits: tuple[Reason, ...] = ALWAYS
        if told.get("exportable") or told.get("allow_plaintext_backup") or told.get("imported_key"):
            limits += (Reason.EXPORTABLE,)
        facts: tuple[Fact, ...] = (
            ("exportable", bool(told.get("exportable"))),
            ("plaintext_backup", bool(told.get("allow_plaintext_backup"))),
            ("versions", len(told["keys"])),
        )
        return (contract.KeyRef(handle, handle, f"transit {told['type']}", limits=limits, facts=facts),)

    def _handle(self, told: Mapping[str, Any]) -> str:
        """A digest of what only this key has: the journal holds no names."""
        if not told.get("keys"):
            # Of a key for HMAC nothing is told: another one of its name would pass for it.
            raise contract.Unanswered(Reason.STORE_REFUSED)
        first = told["keys"][min(told["keys"], key=int)]
        born = first.get("creation_time", "") if isinstance(first, dict) else first
        known = [self.server.identity(), self.mount, self.name, str(told["type"]), str(born)]
        return hashlib.sha256(canonical(known)).hexdigest()

    @override
    def plan(self, key: contract.KeyRef) -> contract.Foretold:
        return contract.Foretold((f"POST {self._path}/config deletion_allowed=true", f"DELETE {self._path}"))

    @override
    def canary(self, key: contract.KeyRef) -> contract.Challenge:
        told = self.server.read(self._path) or {}
        if not told.get("supports_encryption"):
            sign = base64.b64encode(secrets.token_bytes(32))
            return self._tried(contract.Challenge("transit-sign", sign, ""))
        text = secrets.token_bytes(32)
        context = base64.b64encode(secrets.token_bytes(16)).decode() if told.get("derived") else ""
        asked = {"plaintext": base64.b64encode(text).decode(), **({"context": context} if context else {})}
        made = self.server.write(f"{self.mount}/encrypt/{self.name}", asked)["ciphertext"]
        locked = f"{context} {made}".encode()
        return self._tried(contract.Challenge("transit", locked, hashlib.sha256(text).hexdigest()))

    def _tried(self, laid: contract.Challenge) -> contract.Challenge:
        return contract.tried(laid, self._opens(laid))

    def _opens(self, canary: contract.Challenge) -> contract.Saw:
        """Whether the key still answers. A server that knows no such key, or another one, says 400."""
        try:
            if canary.method == "transit-sign":
                self.server.write(f"{self.mount}/sign/{self.name}", {"input": canary.text.decode()})
                return contract.Saw.THERE
            context, _, text = canary.text.decode().partition(" ")
            asked = {"ciphertext": text, **({"context": context} if context else {})}
            found = base64.b64decode(
                self.server.write(f"{self.mount}/decrypt/{self.name}", asked)["plaintext"]
            )
        except contract.Unanswered as error:
            return contract.Saw.GONE if error.reason is Reason.STORE_REFUSED else contract.Saw.SILENT
        except (KeyError, ValueError):
            return contract.Saw.SILENT
        return contract.there(hashlib.sha256(found).hexdigest() == canary.answer)

    @override
    def destroy(self, handle: str, warrant: contract.Warrant) -> contract.Answer:
        found = self.keys()
        if not found:
            raise contract.Unanswered(Reason.GONE)
        warrant.refuse_other(found[0])
        self.server.write(f"{self._path}/config", {"deletion_allowed": True})
        self.server.delete(self._path)
        return contract.Answer()

    @override
    def verify(self, handle: str, canary: contract.Challenge | None) -> tuple[contract.Probe, ...]:
        probes = [looked("read", self._read, handle), looked("list", self._listed, handle)]
        if canary:
            probes.append(contract.Probe("canary", self._opens(canary)))
        return tuple(probes)

    def _read(self, handle: str) -> contract.Saw:
        told = self.server.read(self._path)
        return contract.there(told is not None and self._handle(told) == handle)

    def _listed(self, handle: str) -> contract.Saw:
        """By the engine's list; one of the same name that was made anew is not the key that was."""
        if self.name not in self.server.names(f"{self.mount}/keys"):
            return contract.Saw.GONE
        return self._read(handle)

    @override
    def traces(self, key: contract.KeyRef) -> contract.Traces:
        marks, mount, name = self._exported(key), self.server.mount(self.mount), self.name
        return contract.Traces((*marks, *in_snapshot(mount), in_backup(name)), untold=not mount)

    def _exported(self, key: contract.KeyRef) -> list[bytes]:
        """What an export of the key has in it, where the engine gives it out."""
        if Reason.EXPORTABLE not in key.limits:
            return []
        with suppress(contract.Unanswered):
            told = self.server.read(f"{self.mount}/export/encryption-key/{self.name}") or {}
            return [str(one).encode() for one in dict(told.get("keys", {})).values()]
        return []
