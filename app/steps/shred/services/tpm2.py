"""Keys in a TPM 2.0, through tpm2-tools.

`name` is a persistent handle (`0x81000001`), an index of its memory (`nv:0x1500016`), or `owner`: all
that hangs on the seed of the owner's hierarchy. Taking a handle away is no destruction, for whoever
has the key's blob loads it again; clearing the TPM makes a new seed, and every old blob is waste.
`url` is the TCTI. What the passphrase opens is the owner's hierarchy, of `owner` the lockout's.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from typing_extensions import override

from app.domain.case import ServiceKey
from app.domain.outcome import Reason
from app.steps.shred.services.contract import (
    Answer,
    Challenge,
    Foretold,
    Keeper,
    KeyRef,
    Probe,
    Saw,
    Service,
    Traces,
    Unanswered,
    Warrant,
)

_OWNER: Final = "owner"
_NV: Final = "nv:"
_CODE: Final = re.compile(r"\(?0x([0-9A-Fa-f]{3,8})\)? ?- ?tpm:")
_NAME: Final = re.compile(r"\bname: ([0-9a-f]{8,})")
_TYPE: Final = re.compile(r"^type:\s+value: (\S+)", re.MULTILINE)
_HANDLE: Final = re.compile(r"0x[0-9A-Fa-f]+")
_SOFTWARE: Final = re.compile(r"0x53572020|0x584353|swtpm", re.IGNORECASE)
"""The vendor string `SW  `, of the reference implementation and what is built on it."""
_FORMAT_ONE, _ERROR = 0x80, 0x3F
"""Of codes that also number the handle, session or parameter that is wrong: the error alone."""
_OF_FORMAT_ONE: Final = {
    0x0E: Reason.WRONG_PASSPHRASE,
    0x22: Reason.WRONG_PASSPHRASE,
    0x0B: Reason.GONE,
    0x1F: Reason.GONE,
}
"""TPM_RC_AUTH_FAIL, _BAD_AUTH, _HANDLE and _INTEGRITY."""
_CODES: Final = {0x921: Reason.DENIED, 0x120: Reason.STORE_REFUSED, 0x12F: Reason.STORE_REFUSED}


@dataclass(slots=True)
class _Tools:
    """tpm2-tools, in a folder for what they hand to each other."""

    tcti: str
    secret: str = field(repr=False)
    seconds: int
    folder: Path

    def run(self, tool: str, *given: str, auth: str = "", data: bytes = b"") -> str:
        """Run a tool, with the passphrase through its standard input and never on its command line.

        Raises:
            Unanswered: GONE for a handle that is not there, WRONG_PASSPHRASE, DENIED, NO_ANSWER.
        """
        command = [f"tpm2_{tool}", *given]
        if auth and self.secret:
            command += [auth, "file:-"]
            data = self.secret.encode()
        try:
            done = subprocess.run(
                command,
                input=data,
                capture_output=True,
                timeout=self.seconds,
                check=False,
                cwd=self.folder,
                env={**os.environ, "TPM2TOOLS_TCTI": self.tcti} if self.tcti else None,
            )
        except FileNotFoundError:
            raise Unanswered(Reason.NO_LIBRARY) from None
        except (subprocess.TimeoutExpired, OSError):
            raise Unanswered(Reason.NO_ANSWER) from None
        if done.returncode:
            raise Unanswered(_reason(done.stderr.decode("utf-8", "replace")))
        return done.stdout.decode("utf-8", "replace")

    def flush(self) -> None:
        """Let go of what was loaded: a TPM has room for three."""
        with suppress(Unanswered):
            self.run("flushcontext", "-t")

    def handles(self, kind: str) -> tuple[int, ...]:
        """The handles of a kind that the TPM itself lists."""
        return tuple(int(one, 16) for one in _HANDLE.findall(self.run("getcap", f"handles-{kind}")))


def _reason(said: str) -> Reason:
    codes = [int(one, 16) for one in _CODE.findall(said)]
    if not codes:
        return Reason.NO_ANSWER
    code = codes[-1]
    if code in _CODES:
        return _CODES[code]
    if code & _FORMAT_ONE:
        return _OF_FORMAT_ONE.get(code & _ERROR, Reason.STORE_REFUSED)
    return Reason.STORE_REFUSED


@contextmanager
def _open(source: ServiceKey, secret: str) -> Iterator[Keeper]:
    with tempfile.TemporaryDirectory(prefix="lethe-tpm-") as folder:
        tools = _Tools(source.url, secret, source.timeout, Path(folder))
        fixed = tools.run("getcap", "properties-fixed")
        soft = bool(_SOFTWARE.search(fixed))
        tools.flush()
        try:
            yield _keeper(tools, source.name, (Reason.UNKNOWN_MEDIUM,) if soft else ())
        finally:
            tools.flush()


def _keeper(tools: _Tools, name: str, limits: tuple[Reason, ...]) -> Keeper:
    limits = (Reason.STORE_WORD, *limits)
    if name == _OWNER:
        return _Hierarchy(tools, limits)
    try:
        if name.startswith(_NV):
            return _Index(tools, int(name.removeprefix(_NV), 16), limits)
        return _Handle(tools, int(name, 16), (Reason.RESTORABLE, *limits))
    except ValueError:
        raise Unanswered(Reason.GONE) from None


@dataclass(slots=True)
class _Handle(Keeper):
    """A persistent handle: what it stands for is a blob that may be anywhere."""

    tools: _Tools
    handle: int
    limits: tuple[Reason, ...]

    @property
    def _at(self) -> str:
        return f"{self.handle:#x}"

    @override
    def keys(self) -> tuple[KeyRef, ...]:
        if self.handle not in self.tools.handles("persistent"):
            return ()
        told = self.tools.run("readpublic", "-c", self._at)
        name, kind = _NAME.search(told), _TYPE.search(told)
        id_ = name[1] if name else ""
        return (KeyRef(id_, id_, f"TPM {kind[1] if kind else ''}".strip(), limits=self.limits),)

    @override
    def plan(self, key: KeyRef) -> Foretold:
        return Foretold((f"tpm2_evictcontrol -C o -c {self._at}",))

    @override
    def canary(self, key: KeyRef) -> Challenge:
        for method in ("tpm2-unseal", "tpm2-sign"):
            canary = Challenge(method, b"", "")
            if self._opens(canary) is Saw.THERE:
                return canary
        raise Unanswered(Reason.CANARY_FAILED)

    def _opens(self, canary: Challenge) -> Saw:
        (self.tools.folder / "text").write_bytes(secrets.token_bytes(32))
        ways = {
            "tpm2-unseal": ("unseal", "-c", self._at),
            "tpm2-sign": ("sign", "-c", self._at, "-g", "sha256", "-o", "signed", "text"),
        }
        return _tried(self.tools, ways[canary.method], "-p")

    @override
    def destroy(self, handle: str, warrant: Warrant) -> Answer:
        _refuse_other(self, warrant)
        self.tools.run("evictcontrol", "-C", "o", "-c", self._at, auth="-P")
        return Answer()

    @override
    def verify(self, handle: str, canary: Challenge | None) -> tuple[Probe, ...]:
        there = self.handle in self.tools.handles("persistent")
        same = there and any(one.id == handle for one in self.keys())
        read = _tried(self.tools, ("readpublic", "-c", self._at), "")
        probes = [
            Probe("handles", Saw.THERE if same else Saw.GONE),
            Probe("readpublic", read if same or not there else Saw.GONE),
        ]
        if canary:
            probes.append(Probe("canary", self._opens(canary) if same or not there else Saw.GONE))
        return tuple(probes)

    @override
    def traces(self, key: KeyRef) -> Traces:
        return Traces()


@dataclass(slots=True)
class _Index(Keeper):
    """An index of the TPM's own memory: what is in it is nowhere else."""

    tools: _Tools
    index: int
    limits: tuple[Reason, ...]

    @property
    def _at(self) -> str:
        return f"{self.index:#x}"

    @override
    def keys(self) -> tuple[KeyRef, ...]:
        if self.index not in self.tools.handles("nv-index"):
            return ()
        name = _NAME.search(self.tools.run("nvreadpublic", self._at))
        id_ = name[1] if name else ""
        return (KeyRef(id_, id_, "TPM NV", limits=self.limits),)

    @override
    def plan(self, key: KeyRef) -> Foretold:
        return Foretold((f"tpm2_nvundefine -C o {self._at}",))

    @override
    def canary(self, key: KeyRef) -> Challenge:
        canary = Challenge("tpm2-nvread", b"", "")
        if self._opens() is not Saw.THERE:
            raise Unanswered(Reason.CANARY_FAILED)
        return canary

    def _opens(self) -> Saw:
        return _tried(self.tools, ("nvread", "-C", "o", self._at), "-P")

    @override
    def destroy(self, handle: str, warrant: Warrant) -> Answer:
        _refuse_other(self, warrant)
        self.tools.run("nvundefine", "-C", "o", self._at, auth="-P")
        return Answer()

    @override
    def verify(self, handle: str, canary: Challenge | None) -> tuple[Probe, ...]:
        there = self.index in self.tools.handles("nv-index")
        same = there and any(one.id == handle for one in self.keys())
        read = _tried(self.tools, ("nvreadpublic", self._at), "")
        probes = [
            Probe("handles", Saw.THERE if same else Saw.GONE),
            Probe("nvreadpublic", read if same or not there else Saw.GONE),
        ]
        if canary:
            probes.append(Probe("canary", self._opens() if same or not there else Saw.GONE))
        return tuple(probes)

    @override
    def traces(self, key: KeyRef) -> Traces:
        return Traces()


@dataclass(slots=True)
class _Hierarchy(Keeper):
    """The owner's hierarchy: known by the key that its seed always makes anew."""

    tools: _Tools
    limits: tuple[Reason, ...]

    def _primary(self) -> str:
        """Make the primary key that a seed gives, and tell its name."""
        self.tools.run("createprimary", "-Q", "-C", "o", "-c", "primary")
        name = _NAME.search(self.tools.run("readpublic", "-c", "primary"))
        self.tools.flush()
        return name[1] if name else ""

    @override
    def keys(self) -> tuple[KeyRef, ...]:
        name = self._primary()
        if not name:
            return ()
        facts = tuple((kind, len(self.tools.handles(kind))) for kind in ("persistent", "nv-index"))
        return (KeyRef(name, name, "TPM owner seed", limits=self.limits, facts=facts),)

    @override
    def plan(self, key: KeyRef) -> Foretold:
        return Foretold(("tpm2_clear -c lockout",))

    @override
    def canary(self, key: KeyRef) -> Challenge:
        text = secrets.token_bytes(32)
        self._primary()
        self.tools.run("create", "-Q", "-C", "primary", "-i-", "-u", "public", "-r", "private", data=text)
        self.tools.flush()
        halves = [(self.tools.folder / name).read_bytes() for name in ("public", "private")]
        blob = len(halves[0]).to_bytes(2, "big") + b"".join(halves)
        laid = Challenge("tpm2-sealed", blob, hashlib.sha256(text).hexdigest())
        if self._opens(laid) is not Saw.THERE:
            raise Unanswered(Reason.CANARY_FAILED)
        return laid

    def _opens(self, canary: Challenge) -> Saw:
        """Whether an old blob still loads, and gives what was sealed in it."""
        end = 2 + int.from_bytes(canary.text[:2], "big")
        (self.tools.folder / "public").write_bytes(canary.text[2:end])
        (self.tools.folder / "private").write_bytes(canary.text[end:])
        self._primary()
        loading = ("load", "-Q", "-C", "primary", "-u", "public", "-r", "private", "-c", "loaded")
        loaded = _tried(self.tools, loading, "")
        if loaded is not Saw.THERE:
            return loaded
        self.tools.flush()
        self.tools.run("unseal", "-c", "loaded", "-o", "text")
        found = (self.tools.folder / "text").read_bytes()
        self.tools.flush()
        return Saw.THERE if hashlib.sha256(found).hexdigest() == canary.answer else Saw.GONE

    @override
    def destroy(self, handle: str, warrant: Warrant) -> Answer:
        _refuse_other(self, warrant)
        # This one takes the passphrase as an argument, without a flag before it.
        how = ("file:-",) if self.tools.secret else ()
        self.tools.run("clear", "-c", "l", *how, data=self.tools.secret.encode())
        return Answer()

    @override
    def verify(self, handle: str, canary: Challenge | None) -> tuple[Probe, ...]:
        probes = [Probe("primary", Saw.THERE if self._primary() == handle else Saw.GONE)]
        # A handle that the platform made stays; those of the owner are below it.
        owned = [one for one in self.tools.handles("persistent") if one < _PLATFORM]
        probes.append(Probe("handles", Saw.THERE if owned else Saw.GONE))
        if canary:
            probes.append(Probe("canary", self._opens(canary)))
        return tuple(probes)

    @override
    def traces(self, key: KeyRef) -> Traces:
        return Traces()


_PLATFORM: Final = 0x81800000
"""The first persistent handle that is the platform's, by the TPM 2.0 library, part 2, 7.5."""


def _refuse_other(keeper: Keeper, warrant: Warrant) -> None:
    found = keeper.keys()
    if not found:
        raise Unanswered(Reason.GONE)
    warrant.refuse_other(found[0])


def _tried(tools: _Tools, command: tuple[str, ...], auth: str) -> Saw:
    """Whether a tool gets what it asks for; the TPM refuses what is gone with a code of its own."""
    try:
        tools.run(*command, auth=auth)
    except Unanswered as error:
        return Saw.GONE if error.reason is Reason.GONE else Saw.SILENT
    finally:
        tools.flush()
    return Saw.THERE


SERVICE: Final = Service(
    "tpm2",
    _open,
    ("name", "url", "passphrase_env", "timeout"),
    ("name",),
    "tpm2-tools",
)
