"""Records that Lethe itself keeps until they are handed over, each under the key of its customer."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from app.domain.fault import Fault, Refused
from app.system.durable import sync_file, sync_folder
from app.vault.slot import Overwriting, overwrite_in_place
from app.vault.stream import NotOpened, seal, unseal
from app.vault.vault import FOLDER, Changed, Vault

_SUFFIX: Final = ".sealed"
_PART: Final = ".part"
_NAME: Final = 32
"""Letters of the name of a record."""
_HEX: Final = re.compile(r"[0-9a-f]{32}")
"""The name of a customer's folder."""


@dataclass(frozen=True, slots=True)
class Store:
    """The sealed records of a vault: `vault/<customer>/<digest of the record's id>.sealed`, mode 0600.

    A name tells nothing of a person to whoever has no register: the id of a customer is a keyed
    digest, and that of a record a random one.
    """

    vault: Vault

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self.vault.folder / FOLDER

    def keep(self, customer: bytes, record: str, source: BinaryIO) -> int:
        """Seal all of `source` as this record of the customer, in place of an earlier one; give its bytes.

        The customer has a key by then (`Vault.add`). Killed at any point there is the whole
        sealed record, or the one before, or none; a part is removed by the next call.

        Raises:
            Refused: RECORD_UNKNOWN for a customer without a key.
            OSError: as the files give it.
        """
        path = self._path(customer, record)
        part = path.with_suffix(_PART)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
        with self.vault.key(customer) as key:
            if not path.parent.is_dir():
                path.parent.mkdir(mode=0o700)
                sync_folder(self.folder)
            try:
                with os.fdopen(os.open(part, flags, 0o600), "wb", buffering=0) as raw:
                    target = cast("BinaryIO", raw)
                    size = seal(source, target, key, suite=self.vault.suite, customer=customer, record=record)
                    sync_file(raw.fileno())
                part.replace(path)
            except BaseException:
                with suppress(OSError):
                    part.unlink()
                raise
        sync_folder(path.parent)
        return size

    def take(self, customer: bytes, record: str, target: BinaryIO) -> int:
        """Open a record into `target`; give its bytes. What stands there counts when this returns.

        Raises:
            Refused: RECORD_UNKNOWN when there is none, or its customer's key was destroyed;
                VAULT_BROKEN when it is not as it was sealed.
        """
        path = self._path(customer, record)
        with self.vault.key(customer) as key:
            try:
                with path.open("rb", buffering=0) as source:
                    return unseal(cast("BinaryIO", source), target, key, record=record)
            except FileNotFoundError:
                raise Refused(Fault.RECORD_UNKNOWN, record) from None
            except NotOpened as error:
                raise Refused(Fault.VAULT_BROKEN, str(path), str(error)) from error

    def holds(self, customer: bytes, record: str) -> bool:
        """Whether there is such a record, be its key there or not."""
        return self._path(customer, record).exists()

    def counted(self, customer: bytes) -> int:
        """How many records of a customer there are."""
        return sum(1 for _ in self._of(customer))

    def shred(self, customers: Collection[bytes], overwriting: Overwriting = overwrite_in_place) -> Changed:
        """Destroy the keys of these customers, then remove what nobody can open any more.

        Everybody else's records open as before. Raises as `Vault.puncture`.
        """
        changed = self.vault.puncture(customers, overwriting)
        self.clear(customers)
        return changed

    def clear(self, customers: Iterable[bytes]) -> None:
        """Remove the sealed records of customers who have no key."""
        for customer in customers:
            if customer in self.vault.customers():
                continue
            for path in self._of(customer, part=True):
                path.unlink()
            with suppress(OSError):
                (self.folder / customer.hex()).rmdir()

    def clear_others(self, kept: Collection[tuple[bytes, str]]) -> None:
        """Remove the sealed records that are not among these, of whichever customer."""
        paths = {self._path(customer, record) for customer, record in kept}
        for folder in self.folder.iterdir():
            if not (folder.is_dir() and _HEX.fullmatch(folder.name)):
                continue
            for path in self._of(bytes.fromhex(folder.name), part=True):
                if path not in paths:
                    path.unlink()
            with suppress(OSError):
                folder.rmdir()

    def clear_keyless(self) -> None:
        """Remove what a shredding that was cut off left: records whose customer has no key."""
        named = [path.name for path in self.folder.iterdir() if path.is_dir() and _HEX.fullmatch(path.name)]
        self.clear(bytes.fromhex(name) for name in named)

    def _of(self, customer: bytes, *, part: bool = False) -> list[Path]:
        wanted = (_SUFFIX, _PART) if part else (_SUFFIX,)
        folder = self.folder / customer.hex()
        return [path for path in folder.glob("*") if path.suffix in wanted] if folder.is_dir() else []

    def _path(self, customer: bytes, record: str) -> Path:
        name = hashlib.sha256(record.encode("utf-8", "surrogatepass")).hexdigest()[:_NAME]
        return self.folder / customer.hex() / f"{name}{_SUFFIX}"
