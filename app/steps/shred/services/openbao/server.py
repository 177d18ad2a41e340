"""A session with an OpenBao or Vault server; every answer that is none becomes Unanswered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from app.domain.outcome import Reason
from app.steps.shred.services.contract import Probe, Saw, Unanswered

ALWAYS: Final = (Reason.STORE_WORD, Reason.STORE_BACKUPS)
"""What limits every verdict on a key of a server."""


@dataclass(slots=True)
class Server:
    """A session that is open."""

    client: Any = field(repr=False)

    def read(self, path: str) -> dict[str, Any] | None:
        """The data at a path; None when the server says that there is nothing."""
        told = self._said(lambda: self.client.read(path))
        return dict(told["data"] or {}) if told else None

    def names(self, path: str) -> list[str]:
        """What is listed at a path."""
        told = self._said(lambda: self.client.list(path))
        return list(told["data"]["keys"]) if told else []

    def write(self, path: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Write, and give the data of the answer."""
        told = self._said(lambda: self.client.write_data(path, data=dict(values)))
        told = told if isinstance(told, dict) else {}
        return dict(told.get("data") or {})

    def delete(self, path: str) -> None:
        """Delete what is at a path."""
        self._said(lambda: self.client.delete(path))

    def identity(self) -> str:
        """The server's own name, which its address does not tell."""
        return str(self._said(lambda: self.client.seal_status).get("cluster_id", ""))

    def mount(self, name: str) -> str:
        """The number of an engine, under which its keys stand in the storage; empty when it is not told."""
        with suppress(Unanswered):
            return str((self.read(f"sys/internal/ui/mounts/{name}") or {}).get("uuid", ""))
        return ""

    def store(self, mount: str) -> str:
        """Which server it is, and which engine on it: one that is mounted anew has other keys."""
        return f"{self.identity()} {self.mount(mount)}"

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


def looked(name: str, look: Callable[[str], Saw], handle: str) -> Probe:
    """One look at a key; a look that fails tells nothing."""
    try:
        return Probe(name, look(handle))
    except Unanswered as error:
        return Probe(name, Saw.SILENT, error.reason.value)
