"""Secrets in the keyring of a desktop (the Secret Service of freedesktop.org): deleted, and read no more.

`name` is the label of the secret, as the keyring's own window shows it, or attributes of it,
`service=crm;username=backup`. The keyring writes its file anew when a secret is deleted and gives the
old blocks back: they are not overwritten, and hold the secret under the keyring's passphrase.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from typing_extensions import override

from app.domain.canonical import canonical
from app.domain.case import ServiceKey
from app.domain.outcome import Fact, Reason
from app.steps.shred.services import contract

T = TypeVar("T")
_ALWAYS: Final = (Reason.STORE_WORD, Reason.EXPORTABLE)
"""The keyring gives the secret out to every program of its owner."""
_COLLECTION: Final = "org.freedesktop.Secret.Collection"
_KEYRINGS: Final = "~/.local/share/keyrings"
_TELLING: Final = 16
"""Bytes of a secret that no other file has by chance."""


@contextmanager
def _open(source: ServiceKey, _: str) -> Iterator[contract.Keeper]:
    try:
        import secretstorage
        from jeepney.wrappers import DBusErrorResponse
    except ImportError:
        raise contract.Unanswered(Reason.NO_LIBRARY) from None
    known = (secretstorage.exceptions.SecretStorageException, DBusErrorResponse, OSError, KeyError)
    try:
        connection = secretstorage.dbus_init()
    except known:
        raise contract.Unanswered(Reason.NO_ANSWER) from None
    try:
        yield _Keyring(source.name, connection, known)
    finally:
        with suppress(*known):
            connection.close()


@dataclass(slots=True)
class _Keyring(contract.Keeper):
    """A session over D-Bus. A keyring that is locked is not unlocked: that asks its owner in a window."""

    name: str
    connection: Any = field(repr=False)
    errors: tuple[type[Exception], ...]

    def _said(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except self.errors:
            raise contract.Unanswered(Reason.NO_ANSWER) from None

    def _items(self) -> list[Any]:
        import secretstorage

        wanted = _attributes(self.name)
        if wanted:
            return list(secretstorage.search_items(self.connection, wanted))
        every = (
            one for it in secretstorage.get_all_collections(self.connection) for one in it.get_all_items()
        )
        return [one for one in every if one.get_label() == self.name]

    def _unlocked(self) -> list[Any]:
        items = self._said(self._items)
        if any(self._said(one.is_locked) for one in items):
            raise contract.Unanswered(Reason.DENIED)
        return items

    @override
    def store(self) -> str:
        """All keyrings, when each was made, and whether it is locked and so tells nothing of a secret.

        GNOME's daemon trades the times of making and of change each time it writes a keyring: the
        earlier one counts, and none is 0.
        """
        import secretstorage
        from secretstorage.util import DBusAddressWrapper

        def told(ring: Any) -> list[str]:
            at = DBusAddressWrapper(ring.collection_path, _COLLECTION, self.connection)
            times = [int(at.get_property(name)) for name in ("Created", "Modified")]
            made = min(filter(None, times), default=0)
            return [ring.collection_path, str(made), str(at.get_property("Locked"))]

        rings = secretstorage.get_all_collections
        return canonical(sorted(self._said(lambda: [told(one) for one in rings(self.connection)]))).decode()

    @override
    def keys(self) -> tuple[contract.KeyRef, ...]:
        return tuple(self._said(partial(self._told, one)) for one in self._unlocked())

    def _told(self, one: Any) -> contract.KeyRef:
        known = [one.get_label(), sorted(one.get_attributes().items()), int(one.get_created())]
        id_ = hashlib.sha256(canonical([known[0], [list(pair) for pair in known[1]], known[2]])).hexdigest()
        # The object's path numbers the secret in its keyring and names nobody.
        facts: tuple[Fact, ...] = (("secret_bytes", len(one.get_secret())),)
        return contract.KeyRef(id_, id_, "Secret Service", limits=_ALWAYS, facts=facts)

    @override
    def plan(self, key: contract.KeyRef) -> contract.Foretold:
        return contract.Foretold(("org.freedesktop.Secret.Item.Delete",))

    @override
    def canary(self, key: contract.KeyRef) -> contract.Challenge:
        if not any(self._said(one.get_secret) for one in self._unlocked()):
            raise contract.Unanswered(Reason.CANARY_FAILED)
        # No text is locked with the secret: that would let a weak one be guessed from the journal.
        return contract.Challenge("secret-read", b"", "")

    @override
    def destroy(self, handle: str, warrant: contract.Warrant) -> contract.Answer:
        items = self._unlocked()
        if not items:
            raise contract.Unanswered(Reason.GONE)
        warrant.refuse_other(*(self._said(partial(self._told, one)) for one in items))
        for one in items:
            self._said(one.delete)
        return contract.Answer()

    @override
    def verify(self, handle: str, canary: contract.Challenge | None) -> tuple[contract.Probe, ...]:
        same = [one for one in self._unlocked() if self._said(partial(self._told, one)).id == handle]
        found, listed = any(self._said(one.get_secret) for one in same), self._listed(handle)
        return (
            contract.Probe("search", contract.there(same)),
            contract.Probe("list", listed),
            # What the search no longer gives was read, or not, by going through all.
            contract.Probe("canary", contract.there(found) if same else listed),
        )

    def _listed(self, handle: str) -> contract.Saw:
        """By going through every keyring, one secret after the other."""
        import secretstorage

        def look() -> bool:
            rings = secretstorage.get_all_collections(self.connection)
            items = (one for ring in rings for one in ring.get_all_items())
            return any(not one.is_locked() and self._told(one).id == handle for one in items)

        try:
            return contract.there(self._said(look))
        except contract.Unanswered:
            return contract.Saw.SILENT

    @override
    def traces(self, key: contract.KeyRef) -> contract.Traces:
        """Plain notes of the secret; a copy of a keyring's file can't be told from what it is now."""
        marks = [bytes(self._said(one.get_secret)) for one in self._unlocked()]
        telling = tuple(one for one in marks if len(one) >= _TELLING)
        own = tuple(Path(_KEYRINGS).expanduser().glob("*.keyring"))
        return contract.Traces(telling, own=own, untold=len(telling) < len(marks))


def _attributes(name: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in name.split(";")]
    return {key: value for key, _, value in pairs} if all(equals for _, equals, _ in pairs) else {}


SERVICE: Final = contract.Service(
    "secret_service",
    _open,
    ("name", "timeout", "copies"),
    ("name",),
    "pip install lethe[keychain]",
)
