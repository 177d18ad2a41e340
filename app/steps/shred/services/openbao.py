"""OpenBao and HashiCorp Vault: keys of the transit engine, secrets of the KV engine (version 2).

`name` is the path of the API: `transit/keys/customers`, or `secret/data/crm/key`. A key of the
transit engine goes by its deletion, a secret by `destroy` of every version and of its metadata: after
a mere `delete` it can be had back. Either comes back from a snapshot or a backup of the server.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import secrets
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from typing_extensions import override

from app.domain.canonical import canonical
from app.domain.case import ServiceKey
from app.domain.outcome import Fact, Reason
from app.steps.shred.services.contract import (
    Answer,
    Challenge,
    Foretold,
    Keeper,
    KeyRef,
    Probe,
    Saw,
    Service,
    Unanswered,
    Warrant,
)

_BACKUP: Final = re.compile(rb"eyJwb2xpY3ki[A-Za-z0-9+/]+={0,2}")
"""What a transit backup begins with: `{"policy"`, in base64."""
_ALWAYS: Final = (Reason.STORE_WORD, Reason.STORE_BACKUPS)


@dataclass(slots=True)
class _Server:
    """A session with the server; every answer that is none becomes Unanswered."""

    client: Any = field(repr=False)

    def read(self, path: str) -> dict[str, Any] | None:
        """The data at a path; None when the server says that there is nothing."""
        told = self._said(lambda: self.client.read(path))
        return dict(told["data"] or {}) if told else None

    def names(self, path: str) -> list[str]:
        told = self._said(lambda: self.client.list(path))
        return list(told["data"]["keys"]) if told else []

    def write(self, path: str, values: Mapping[str, Any]) -> dict[str, Any]:
        told = self._said(lambda: self.client.write_data(path, data=dict(values)))
        told = told if isinstance(told, dict) else {}
        return dict(told.get("data") or {})

    def delete(self, path: str) -> None:
        self._said(lambda: self.client.delete(path))

    def identity(self) -> str:
        """The server's own name, which its address does not tell."""
        return str(self._said(lambda: self.client.seal_status).get("cluster_id", ""))

    def mount(self, name: str) -> str:
        """The number of an engine, under which its keys stand in the storage; empty when it is not told."""
        with suppress(Unanswered):
            return str((self.read(f"sys/internal/ui/mounts/{name}") or {}).get("uuid", ""))
        return ""

    def _said(self, ask: Callable[[], Any]) -> Any:
        import requests
        from hvac import exceptions

        try:
            return ask()
        except exceptions.InvalidPath:
            return None
        except exceptions.Forbidden:
            raise Unanswered(Reason.DENIED) from None
        except (exceptions.InvalidRequest, exceptions.UnsupportedOperation):
            raise Unanswered(Reason.STORE_REFUSED) from None
        except (exceptions.VaultError, requests.RequestException, ValueError):
            raise Unanswered(Reason.NO_ANSWER) from None


@contextmanager
def _open(source: ServiceKey, secret: str) -> Iterator[Keeper]:
    try:
        import hvac
    except ImportError:
        raise Unanswered(Reason.NO_LIBRARY) from None
    client = hvac.Client(source.url, token=secret, timeout=source.timeout, allow_redirects=False)
    try:
        server = _Server(client)
        try:
            server.read("auth/token/lookup-self")
        except Unanswered as error:
            wrong = error.reason is Reason.DENIED
            raise Unanswered(Reason.WRONG_PASSPHRASE if wrong else error.reason) from None
        yield _keeper(server, source.name)
    finally:
        client.adapter.close()


def _keeper(server: _Server, name: str) -> Keeper:
    mount, keys, key = name.strip("/").rpartition("/keys/")
    if keys:
        return _Transit(server, mount, key)
    mount, data, path = name.strip("/").partition("/data/")
    if data:
        return _Secret(server, mount, path)
    raise Unanswered(Reason.GONE)


@dataclass(slots=True)
class _Transit(Keeper):
    server: _Server
    mount: str
    name: str

    @property
    def _path(self) -> str:
        return f"{self.mount}/keys/{self.name}"

    @override
    def keys(self) -> tuple[KeyRef, ...]:
        told = self.server.read(self._path)
        if told is None:
            return ()
        handle = self._handle(told)
        limits: tuple[Reason, ...] = _ALWAYS
        if told.get("exportable") or told.get("allow_plaintext_backup") or told.get("imported_key"):
            limits += (Reason.EXPORTABLE,)
        facts: tuple[Fact, ...] = (
            ("exportable", bool(told.get("exportable"))),
            ("plaintext_backup", bool(told.get("allow_plaintext_backup"))),
            ("versions", len(told["keys"])),
        )
        return (KeyRef(handle, handle, f"transit {told['type']}", limits=limits, facts=facts),)

    def _handle(self, told: Mapping[str, Any]) -> str:
        """A digest of what only this key has: the journal holds no names."""
        first = told["keys"][min(told["keys"], key=int)]
        born = first.get("creation_time", "") if isinstance(first, dict) else first
        known = [self.server.identity(), self.mount, self.name, str(told["type"]), str(born)]
        return hashlib.sha256(canonical(known)).hexdigest()

    @override
    def plan(self, key: KeyRef) -> Foretold:
        return Foretold((f"POST {self._path}/config deletion_allowed=true", f"DELETE {self._path}"))

    @override
    def canary(self, key: KeyRef) -> Challenge:
        told = self.server.read(self._path) or {}
        if not told.get("supports_encryption"):
            return self._signing(told)
        text = secrets.token_bytes(32)
        context = base64.b64encode(secrets.token_bytes(16)).decode() if told.get("derived") else ""
        asked = {"plaintext": base64.b64encode(text).decode(), **({"context": context} if context else {})}
        made = self.server.write(f"{self.mount}/encrypt/{self.name}", asked)["ciphertext"]
        laid = Challenge("transit", f"{context} {made}".encode(), hashlib.sha256(text).hexdigest())
        if self._opens(laid) is not Saw.THERE:
            raise Unanswered(Reason.CANARY_FAILED)
        return laid

    def _signing(self, told: Mapping[str, Any]) -> Challenge:
        if not told.get("supports_signing"):
            raise Unanswered(Reason.CANARY_FAILED)
        laid = Challenge("transit-sign", base64.b64encode(secrets.token_bytes(32)), "")
        if self._opens(laid) is not Saw.THERE:
            raise Unanswered(Reason.CANARY_FAILED)
        return laid

    def _opens(self, canary: Challenge) -> Saw:
        """Whether the key still answers. A server that knows no such key, or another one, says 400."""
        try:
            if canary.method == "transit-sign":
                self.server.write(f"{self.mount}/sign/{self.name}", {"input": canary.text.decode()})
                return Saw.THERE
            context, _, text = canary.text.decode().partition(" ")
            asked = {"ciphertext": text, **({"context": context} if context else {})}
            found = base64.b64decode(
                self.server.write(f"{self.mount}/decrypt/{self.name}", asked)["plaintext"]
            )
        except Unanswered as error:
            return Saw.GONE if error.reason is Reason.STORE_REFUSED else Saw.SILENT
        except (KeyError, ValueError):
            return Saw.SILENT
        return Saw.THERE if hashlib.sha256(found).hexdigest() == canary.answer else Saw.GONE

    @override
    def destroy(self, handle: str, warrant: Warrant) -> Answer:
        found = self.keys()
        if not found:
            raise Unanswered(Reason.GONE)
        warrant.refuse_other(found[0])
        self.server.write(f"{self._path}/config", {"deletion_allowed": True})
        self.server.delete(self._path)
        return Answer()

    @override
    def verify(self, handle: str, canary: Challenge | None) -> tuple[Probe, ...]:
        probes = [_looked("read", self._read, handle), _looked("list", self._listed, handle)]
        if canary:
            probes.append(Probe("canary", self._opens(canary)))
        return tuple(probes)

    def _read(self, handle: str) -> Saw:
        told = self.server.read(self._path)
        return Saw.THERE if told is not None and self._handle(told) == handle else Saw.GONE

    def _listed(self, handle: str) -> Saw:
        """By the engine's list; one of the same name that was made anew is not the key that was."""
        if self.name not in self.server.names(f"{self.mount}/keys"):
            return Saw.GONE
        return self._read(handle)

    @override
    def is_copy(self, key: KeyRef) -> Callable[[bytes], bool]:
        marks, mount, name = self._exported(key), self.server.mount(self.mount), self.name
        return lambda data: _backs_up(data, name) or _in_snapshot(data, mount) or _has(data, marks)

    def _exported(self, key: KeyRef) -> list[bytes]:
        """What an export of the key has in it, where the engine gives it out."""
        if Reason.EXPORTABLE not in key.limits:
            return []
        with suppress(Unanswered):
            told = self.server.read(f"{self.mount}/export/encryption-key/{self.name}") or {}
            return [str(one).encode() for one in dict(told.get("keys", {})).values()]
        return []


@dataclass(slots=True)
class _Secret(Keeper):
    server: _Server
    mount: str
    path: str

    def _at(self, verb: str) -> str:
        return f"{self.mount}/{verb}/{self.path}"

    @override
    def keys(self) -> tuple[KeyRef, ...]:
        told = self.server.read(self._at("metadata"))
        if told is None:
            return ()
        handle = self._handle(told)
        facts: tuple[Fact, ...] = (("versions", len(told["versions"])),)
        return (KeyRef(handle, handle, "KV 2", limits=(*_ALWAYS, Reason.EXPORTABLE), facts=facts),)

    def _handle(self, told: Mapping[str, Any]) -> str:
        known = [self.server.identity(), self.mount, self.path, str(told["created_time"])]
        return hashlib.sha256(canonical(known)).hexdigest()

    @override
    def plan(self, key: KeyRef) -> Foretold:
        return Foretold((f"PUT {self._at('destroy')} versions=all", f"DELETE {self._at('metadata')}"))

    @override
    def canary(self, key: KeyRef) -> Challenge:
        value = self._value()
        if value is None:
            raise Unanswered(Reason.CANARY_FAILED)
        # No text is locked with the secret: that would let a weak one be guessed from the journal.
        return Challenge("secret-read", b"", "")

    def _value(self) -> bytes | None:
        told = self.server.read(self._at("data"))
        value = (told or {}).get("data")
        return canonical(value) if value is not None else None

    @override
    def destroy(self, handle: str, warrant: Warrant) -> Answer:
        """Destroy every version and forget the secret; where only `delete` is allowed, it can be had back."""
        found = self.keys()
        if not found:
            raise Unanswered(Reason.GONE)
        warrant.refuse_other(found[0])
        told = self.server.read(self._at("metadata")) or {}
        versions = sorted(map(int, told["versions"]))
        try:
            self.server.write(self._at("destroy"), {"versions": versions})
            self.server.delete(self._at("metadata"))
        except Unanswered as error:
            if error.reason is not Reason.DENIED:
                raise
            self.server.write(self._at("delete"), {"versions": versions})
        return Answer()

    @override
    def verify(self, handle: str, canary: Challenge | None) -> tuple[Probe, ...]:
        told = self.server.read(self._at("metadata"))
        if told is not None and self._handle(told) != handle:
            told = None
        return self._versions(told), _looked("canary", self._read, handle)

    def _versions(self, told: Mapping[str, Any] | None) -> Probe:
        left = [one for one in (told or {}).get("versions", {}).values() if not one["destroyed"]]
        if any(not one["deletion_time"] for one in left):
            return Probe("metadata", Saw.THERE, "versions")
        if left:
            return Probe("metadata", Saw.GONE, "deleted", limits=(Reason.RESTORABLE,))
        return Probe("metadata", Saw.GONE, "destroyed" if told else "none")

    def _read(self, handle: str) -> Saw:
        """Whether the secret can be read; one of the same name that was written anew is another."""
        told = self.server.read(self._at("metadata"))
        if told is not None and self._handle(told) != handle:
            return Saw.GONE
        return Saw.GONE if self._value() is None else Saw.THERE

    @override
    def is_copy(self, key: KeyRef) -> Callable[[bytes], bool]:
        mount = self.server.mount(self.mount)
        told = self.server.read(self._at("data")) or {}
        values = [str(one).encode() for one in dict(told.get("data") or {}).values()]
        marks = [one for one in values if len(one) >= _TELLING]
        return lambda data: _in_snapshot(data, mount) or _has(data, marks)


_TELLING: Final = 16
"""Bytes of a value that no other file has by chance."""


def _looked(name: str, look: Callable[[str], Saw], handle: str) -> Probe:
    try:
        return Probe(name, look(handle))
    except Unanswered as error:
        return Probe(name, Saw.SILENT, error.reason.value)


def _has(data: bytes, marks: list[bytes]) -> bool:
    return any(mark in data for mark in marks)


def _backs_up(data: bytes, name: str) -> bool:
    """Whether a transit backup of this key stands in a file."""
    for found in _BACKUP.findall(data):
        with suppress(ValueError, KeyError, TypeError):
            if json.loads(base64.b64decode(found))["policy"]["name"] == name:
                return True
    return False


def _in_snapshot(data: bytes, mount: str) -> bool:
    """Whether a raft snapshot holds the engine: the names of its entries stand in it in clear."""
    if not mount or not data.startswith(b"\x1f\x8b"):
        return False
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as packed:
            state = packed.extractfile("state.bin")
            return state is not None and f"logical/{mount}/".encode() in state.read()
    except (tarfile.TarError, KeyError, OSError, EOFError):
        return False


SERVICE: Final = Service(
    "openbao",
    _open,
    ("name", "url", "passphrase_env", "timeout", "copies"),
    ("name", "url"),
    "pip install lethe[vault]",
)
