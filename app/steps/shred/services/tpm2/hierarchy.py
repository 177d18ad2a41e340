"""All that hangs on the seed of the owner's hierarchy."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from app.domain.outcome import Reason
from app.steps.shred.services import contract
from app.steps.shred.services.tpm2.tools import Tools, name_in, refuse_other, tried

_PLATFORM: Final = 0x81800000
"""The first persistent handle that is the platform's, by the TPM 2.0 library, part 2, 7.5."""


@dataclass(slots=True)
class Hierarchy(contract.Keeper):
    """The owner's hierarchy: known by the key that its seed always makes anew."""

    tools: Tools
    limits: tuple[Reason, ...]

    def _primary(self) -> str:
        """Make the primary key that a seed gives, and tell its name."""
        self.tools.run("createprimary", "-Q", "-C", "o", "-c", "primary")
        told = self.tools.run("readpublic", "-c", "primary")
        self.tools.flush()
        return name_in(told)

    @override
    def store(self) -> str:
        return self.tools.chip()

    @override
    def keys(self) -> tuple[contract.KeyRef, ...]:
        name = self._primary()
        facts = tuple((kind, len(self.tools.handles(kind))) for kind in ("persistent", "nv-index"))
        return (contract.KeyRef(name, name, "TPM owner seed", limits=self.limits, facts=facts),)

    @override
    def plan(self, key: contract.KeyRef) -> contract.Foretold:
        return contract.Foretold(("tpm2_clear -c lockout",))

    @override
    def canary(self, key: contract.KeyRef) -> contract.Challenge:
        text = secrets.token_bytes(32)
        self._primary()
        self.tools.run("create", "-Q", "-C", "primary", "-i-", "-u", "public", "-r", "private", data=text)
        self.tools.flush()
        halves = [(self.tools.folder / name).read_bytes() for name in ("public", "private")]
        blob = len(halves[0]).to_bytes(2, "big") + b"".join(halves)
        laid = contract.Challenge("tpm2-sealed", blob, hashlib.sha256(text).hexdigest())
        return contract.tried(laid, self._opens(laid))

    def _opens(self, canary: contract.Challenge) -> contract.Saw:
        """Whether an old blob still loads, and gives what was sealed in it."""
        end = 2 + int.from_bytes(canary.text[:2], "big")
        (self.tools.folder / "public").write_bytes(canary.text[2:end])
        (self.tools.folder / "private").write_bytes(canary.text[end:])
        self._primary()
        loading = ("load", "-Q", "-C", "primary", "-u", "public", "-r", "private", "-c", "loaded")
        loaded = tried(self.tools, loading, "")
        if loaded is not contract.Saw.THERE:
            return loaded
        self.tools.flush()
        self.tools.run("unseal", "-c", "loaded", "-o", "text")
        found = (self.tools.folder / "text").read_bytes()
        self.tools.flush()
        return contract.there(hashlib.sha256(found).hexdigest() == canary.answer)

    @override
    def destroy(self, handle: str, warrant: contract.Warrant) -> contract.Answer:
        refuse_other(self, warrant)
        # This one takes the passphrase as an argument, without a flag before it.
        how = ("file:-",) if self.tools.secret else ()
        self.tools.run("clear", "-c", "l", *how, data=self.tools.secret.encode())
        return contract.Answer()

    @override
    def verify(self, handle: str, canary: contract.Challenge | None) -> tuple[contract.Probe, ...]:
        probes = [contract.Probe("primary", contract.there(self._primary() == handle))]
        # A handle that the platform made stays; those of the owner are below it.
        owned = [one for one in self.tools.handles("persistent") if one < _PLATFORM]
        probes.append(contract.Probe("handles", contract.there(owned)))
        if canary:
            probes.append(contract.Probe("canary", self._opens(canary)))
        return tuple(probes)
