"""The door to a database: its address and the password, which is never shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.system.databases.address import Address
from app.system.databases.opened import QUERY, connected

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True)
class Door:
    """How a database is entered."""

    address: Address
    password: str = field(default="", repr=False)

    @contextmanager
    def opened(self, *, silence: float = QUERY, read_only: bool = True) -> Iterator[Connection]:
        """Connect, as `connected`.

        Raises:
            Refused: as `connected`.
        """
        with connected(self.address, self.password, silence=silence, read_only=read_only) as connection:
            yield connection
