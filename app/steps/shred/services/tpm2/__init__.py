"""Keys in a TPM 2.0, through tpm2-tools.

`name` is a persistent handle (`0x81000001`), an index of its memory (`nv:0x1500016`), or `owner`: all
that hangs on the seed of the owner's hierarchy. Taking a handle away is no destruction, for whoever
has the key's blob loads it again; clearing the TPM makes a new seed, and every old blob is waste.
`url` is the TCTI. What the passphrase opens is the owner's hierarchy, of `owner` the lockout's.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.domain.case import ServiceKey
from app.domain.outcome import Reason
from app.steps.shred.services.contract import Keeper, Service, Unanswered
from app.steps.shred.services.tpm2.hierarchy import Hierarchy
from app.steps.shred.services.tpm2.kept import Handle, Index
from app.steps.shred.services.tpm2.tools import Tools

_OWNER: Final = "owner"
_NV: Final = "nv:"
_SOFTWARE: Final = re.compile(r"0x53572020|0x584353|swtpm", re.IGNORECASE)
"""The vendor string `SW  `, of the reference implementation and what is built on it."""


@contextmanager
def _open(source: ServiceKey, secret: str) -> Iterator[Keeper]:
    with tempfile.TemporaryDirectory(prefix="lethe-tpm-") as folder:
        tools = Tools(source.url, secret, source.timeout, Path(folder))
        fixed = tools.run("getcap", "properties-fixed")
        soft = bool(_SOFTWARE.search(fixed))
        tools.flush()
        try:
            yield _keeper(tools, source.name, (Reason.UNKNOWN_MEDIUM,) if soft else ())
        finally:
            tools.flush()


def _keeper(tools: Tools, name: str, limits: tuple[Reason, ...]) -> Keeper:
    limits = (Reason.STORE_WORD, *limits)
    if name == _OWNER:
        return Hierarchy(tools, limits)
    try:
        if name.startswith(_NV):
            return Index(tools, int(name.removeprefix(_NV), 16), limits)
        return Handle(tools, int(name, 16), (Reason.RESTORABLE, *limits))
    except ValueError:
        raise Unanswered(Reason.GONE) from None


SERVICE: Final = Service(
    "tpm2",
    _open,
    ("name", "url", "passphrase_env", "timeout"),
    ("name",),
    "tpm2-tools",
)
