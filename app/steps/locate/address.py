"""A location that is no folder of this system, by its address: no part of it has a meaning of its own.

A `#` or `?` stands in the names of folders and keys, where an address of the web would end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class RemoteLocation:
    """A bucket, a share or a folder, by its address. The password is not shown by repr."""

    address: str
    password: str = field(default="", repr=False)

    @property
    def scheme(self) -> str:
        """What it is read by, in small letters."""
        return self.address.partition("://")[0].lower()

    @property
    def root(self) -> str:
        """What the address names, as the location names its folders and objects."""
        below = self.address.partition("://")[2]
        path = below if self.scheme == "s3" else "/" + below.partition("/")[2]
        return path.rstrip("/") or "/"

    @property
    def server(self) -> Server:
        """Who is asked.

        Raises:
            ValueError: when it is no name with a port.
        """
        user, _, host = _authority(self.address).rpartition("@")
        parts = urlsplit(f"//{host}")
        if parts.netloc != host:
            raise ValueError("no name of a server")
        return Server(parts.hostname or "", parts.port, user or None)

    def address_of(self, path: str) -> str:
        """Give the address of a folder or an object of it."""
        return f"s3://{path}" if self.scheme == "s3" else f"{self.scheme}://{_authority(self.address)}{path}"


class Server(NamedTuple):
    """Who is asked for a share, and in whose name."""

    host: str
    port: int | None
    user: str | None


def without_password(address: str) -> str:
    """Give an address without the password that stands in it, or what may be one."""
    scheme, _, below = address.partition("://")
    user, at, host = _authority(address).rpartition("@")
    if at:
        return f"{scheme}://{host}{below[len(user) + 1 + len(host) :]}" if ":" in user else address
    if scheme.lower() == "smb" and "@" in below and ":" in host.rpartition("]")[2]:
        return (
            f"{scheme}://{below.rpartition('@')[2]}"  # a password may have a slash, and begin as a port does
        )
    return address


def _authority(address: str) -> str:
    return address.partition("://")[2].partition("/")[0]
