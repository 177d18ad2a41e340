"""A key of a real OpenBao server, and what a relay before it withholds."""

import base64

import pytest

from app.domain.case import ServiceKey

hvac = pytest.importorskip("hvac")


class Transit:
    def __init__(self, server, name):
        self.server, self.name = server, name
        self.engine = server.client.secrets.transit
        self.locked = self.engine.encrypt_data(name, base64.b64encode(b"a customer").decode())
        self.locked = self.locked["data"]["ciphertext"]

    def source(self, **more):
        return ServiceKey("openbao", f"transit/keys/{self.name}", url=self.server.url, timeout=15, **more)

    def opens(self):
        try:
            told = self.engine.decrypt_data(self.name, self.locked)
        except hvac.exceptions.VaultError:
            return False
        return base64.b64decode(told["data"]["plaintext"]) == b"a customer"


def facts(settled):
    return dict(settled.evidence.facts)


def silent(*paths, status=403, body=b"{}"):
    """A rule that answers these requests by itself: what they begin with, after the address."""

    def rule(asked, real):
        return (status, body) if asked.startswith(paths) else None

    return rule


def behind(before, name, **more):
    return ServiceKey("openbao", name, url=before.url, timeout=15, **more)


def only(*paths):
    """A rule that refuses all other requests."""

    def rule(asked, real):
        return None if asked.startswith(paths) else (403, b"{}")

    return rule
