"""tpm2-tools, and what they say."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.services.contract import (
    Keeper,
    Saw,
    Unanswered,
    Warrant,
)

_CODE: Final = re.compile(r"\(?0x([0-9A-Fa-f]{3,8})\)? ?- ?tpm:")
_NAME: Final = re.compile(r"\bname: ([0-9a-f]{8,})")
TYPE: Final = re.compile(r"^type:\s+value: (\S+)", re.MULTILINE)
_HANDLE: Final = re.compile(r"0x[0-9A-Fa-f]+")
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
class Tools:
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

    def chip(self) -> str:
        """The name of the key that this TPM's own seed gives, and no other: a clear does not change it.

        Where that seed has a passphrase, the given one is tried: it counts towards no lockout.
        """
        how = ("createprimary", "-Q", "-C", "e", "-G", "ecc", "-c", "chip")
        try:
            self.run(*how)
        except Unanswered as error:
            if error.reason is not Reason.WRONG_PASSPHRASE or not self.secret:
                raise
            self.run(*how, auth="-P")
        told = self.run("readpublic", "-c", "chip")
        self.flush()
        return name_in(told)

    def handles(self, kind: str) -> tuple[int, ...]:
        """The handles of a kind that the TPM itself lists."""
        return tuple(int(one, 16) for one in _HANDLE.findall(self.run("getcap", f"handles-{kind}")))


def name_in(told: str) -> str:
    """The name of a key or an index, a digest of what it is.

    Raises:
        Unanswered: NO_ANSWER when there is none: without it, any other would pass for this one.
    """
    name = _NAME.search(told)
    if name is None:
        raise Unanswered(Reason.NO_ANSWER)
    return name[1]


def _reason(said: str) -> Reason:
    codes = [int(one, 16) for one in _CODE.findall(said)]
    if not codes:
        return Reason.NO_ANSWER
    code = codes[-1]
    known = _OF_FORMAT_ONE.get(code & _ERROR) if code & _FORMAT_ONE else _CODES.get(code)
    return known or Reason.STORE_REFUSED


def refuse_other(keeper: Keeper, warrant: Warrant) -> None:
    """Refuse to go on when the key is gone, or is not the signed one."""
    found = keeper.keys()
    if not found:
        raise Unanswered(Reason.GONE)
    warrant.refuse_other(found[0])


def tried(tools: Tools, command: tuple[str, ...], auth: str) -> Saw:
    """Whether a tool gets what it asks for; the TPM refuses what is gone with a code of its own."""
    try:
        tools.run(*command, auth=auth)
    except Unanswered as error:
        return Saw.GONE if error.reason is Reason.GONE else Saw.SILENT
    finally:
        tools.flush()
    return Saw.THERE
