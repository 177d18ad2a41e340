"""Check a journal from outside: its chain, and the anchors that certificates carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.fault import Breach
from app.journal.entry import GENESIS, BadLine, parse


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a certificate says of the journal: it held `count` entries and the last one's hash was `head`."""

    count: int
    head: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong, at a line counted from 1 (0: the whole file)."""

    line: int
    breach: Breach


@dataclass(frozen=True, slots=True)
class Report:
    """What verification saw. `torn`: bytes of an unfinished last line, which is a crash and no breach."""

    count: int
    head: str
    problems: tuple[Finding, ...]
    torn: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(path: Path, anchors: Sequence[Anchor] = ()) -> Report:
    """Read the journal at `path` to its first broken line and hold it against `anchors`.

    The chain shows every change but one: a tail that was cut, or a whole journal made
    anew. Only an anchor that is kept elsewhere (a certificate) shows those.
    """
    count, head, torn = 0, GENESIS, 0
    due = {anchor.count: anchor.head for anchor in anchors}
    problems: list[Finding] = []
    try:
        with path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    torn = len(line)
                    break
                entry = parse(line, count + 1, head)
                count, head = entry.n, entry.hash
                if due.pop(count, head) != head:
                    problems.append(Finding(count, Breach.ANCHOR_DIFFERS))
    except BadLine as bad:
        problems.append(Finding(count + 1, bad.breach))
    except OSError:
        problems.append(Finding(0, Breach.UNREADABLE))
    if not count and not problems:
        problems.append(Finding(0, Breach.EMPTY))
    problems += [Finding(missing, Breach.ANCHOR_MISSING) for missing in sorted(due) if missing > count]
    return Report(count, head, tuple(problems), torn)
