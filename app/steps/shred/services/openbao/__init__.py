"""OpenBao and HashiCorp Vault: keys of the transit engine, secrets of the KV engine (version 2).

`name` is the path of the API: `transit/keys/customers`, or `secret/data/crm/key`. Either comes
back from a snapshot or a backup of the server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from app.domain.case import ServiceKey
from app.domain.outcome import Reason
from app.steps.shred.services.contract import Keeper, Service, Unanswered
from app.steps.shred.services.openbao.server import Server
from app.steps.shred.services.openbao.stored import StoredSecret
from app.steps.shred.services.openbao.transit import TransitKey


@contextmanager
def _open(source: ServiceKey, secret: str) -> Iterator[Keeper]:
    try:
        import hvac
    except ImportError:
        raise Unanswered(Reason.NO_LIBRARY) from None
    client = hvac.Client(source.url, token=secret, timeout=source.timeout, allow_redirects=False)
    try:
        server = Server(client)
        try:
            server.read("auth/token/lookup-self")
        except Unanswered as error:
            wrong = error.reason is Reason.DENIED
            raise Unanswered(Reason.WRONG_PASSPHRASE if wrong else error.reason) from None
        yield _keeper(server, source.name)
    finally:
        client.adapter.close()


def _keeper(server: Server, name: str) -> Keeper:
    mount, keys, key = name.strip("/").rpartition("/keys/")
    if keys:
        return TransitKey(server, mount, key)
    mount, data, path = name.strip("/").partition("/data/")
    if data:
        return StoredSecret(server, mount, path)
    raise Unanswered(Reason.GONE)


SERVICE: Final = Service(
    "openbao",
    _open,
    ("name", "url", "passphrase_env", "timeout", "copies"),
    ("name", "url"),
    "pip install lethe[vault]",
)
