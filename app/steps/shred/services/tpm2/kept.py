"""What a TPM keeps at a place: a persistent handle, an index of its memory."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from typing_extensions import override

from app.domain.outcome import Reason
from app.steps.shred.services import contract
from app.steps.shred.services.tpm2.tools import TYPE, Tools, name_in, refuse_other, tried


@dataclass(slots=True)
class Handle(contract.Keeper):
    """A persistent handle: what it stands for is a blob that may be anywhere."""

    tools: Tools
    handle: int
    limits: tuple[Reason, ...]

    @property
    def _at(self) -> str:
        return f"{self.handle:#x}"

    @override
    def store(self) -> str:
        return self.tools.chip()

    @override
    def keys(self) -> tuple[contract.KeyRef, ...]:
        if self.handle not in self.tools.handles("persistent"):
            return ()
        told = self.tools.run("readpublic", "-c", self._at)
        id_, kind = name_in(told), TYPE.search(told)
        return (contract.KeyRef(id_, id_, f"TPM {kind[1] if kind else ''}".strip(), limits=self.limits),)

    @override
    def plan(self, key: contract.KeyRef) -> contract.Foretold:
        return contract.Foretold((f"tpm2_evictcontrol -C o -c {self._at}",))

    @override
    def canary(self, key: contract.KeyRef) -> contract.Challenge:
        for method in ("tpm2-unseal", "tpm2-sign"):
            canary = contract.Challenge(method, b"", "")
            if self._opens(canary) is contract.Saw.THERE:
                return canary
        raise contract.Unanswered(Reason.CANARY_FAILED)

    def _opens(self, canary: contract.Challenge) -> contract.Saw:
        (self.tools.folder / "text").write_bytes(secrets.token_bytes(32))
        ways = {
            "tpm2-unseal": ("unseal", "-c", self._at),
            "tpm2-sign": ("sign", "-c", self._at, "-g", "sha256", "-o", "signed", "text"),
        }
        return tried(self.tools, ways[canary.method], "-p")

    @override
    def destroy(self, handle: str, warrant: contract.Warrant) -> contract.Answer:
        refuse_other(self, warrant)
        self.tools.run("evictcontrol", "-C", "o", "-c", self._at, auth="-P")
        return contract.Answer()

    @override
    def verify(self, handle: str, canary: contract.Challenge | None) -> tuple[contract.Probe, ...]:
        there = self.handle in self.tools.handles("persistent")
        same = there and any(one.id == handle for one in self.keys())
        read = tried(self.tools, ("readpublic", "-c", self._at), "")
        probes = [
            contract.Probe("handles", contract.there(same)),
            contract.Probe("readpublic", read if same or not there else contract.Saw.GONE),
        ]
        if canary:
            probes.append(
                contract.Probe("canary", self._opens(canary) if same or not there else contract.Saw.GONE)
            )
        return tuple(probes)


@dataclass(slots=True)
class Index(contract.Keeper):
    """An index of the TPM's own memory: what is in it is nowhere else."""

    tools: Tools
    index: int
    limits: tuple[Reason, ...]

    @property
    def _at(self) -> str:
        return f"{self.index:#x}"

    @override
    def store(self) -> str:
        return self.tools.chip()

    @override
    def keys(self) -> tuple[contract.KeyRef, ...]:
        if self.index not in self.tools.handles("nv-index"):
            return ()
        id_ = name_in(self.tools.run("nvreadpublic", self._at))
        return (contract.KeyRef(id_, id_, "TPM NV", limits=self.limits),)

    @override
    def plan(self, key: contract.KeyRef) -> contract.Foretold:
        return contract.Foretold((f"tpm2_nvundefine -C o {self._at}",))

    @override
    def canary(self, key: contract.KeyRef) -> contract.Challenge:
        return contract.tried(contract.Challenge("tpm2-nvread", b"", ""), self._opens())

    def _opens(self) -> contract.Saw:
        return tried(self.tools, ("nvread", "-C", "o", self._at), "-P")

    @override
    def destroy(self, handle: str, warrant: contract.Warrant) -> contract.Answer:
        refuse_other(self, warrant)
        self.tools.run("nvundefine", "-C", "o", self._at, auth="-P")
        return contract.Answer()

    @override
    def verify(self, handle: str, canary: contract.Challenge | None) -> tuple[contract.Probe, ...]:
        there = self.index in self.tools.handles("nv-index")
        same = there and any(one.id == handle for one in self.keys())
        read = tried(self.tools, ("nvreadpublic", self._at), "")
        probes = [
            contract.Probe("handles", contract.there(same)),
            contract.Probe("nvreadpublic", read if same or not there else contract.Saw.GONE),
        ]
        if canary:
            probes.append(contract.Probe("canary", self._opens() if same or not there else contract.Saw.GONE))
        return tuple(probes)
