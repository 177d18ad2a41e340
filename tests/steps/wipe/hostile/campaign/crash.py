"""The crash campaign: killed, or its power cut, at random moments; resumed; and held against the disk."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from campaign.grounds import removed_after
from campaign.town import Town, built

from app.__main__ import main
from app.journal import verify as verify_journal
from app.steps.certify import verify

GOOD = ("Outcome.proven", "Outcome.overwritten")
DESTROYED = (*GOOD, "Outcome.residue_possible", "Outcome.removed")


@dataclass
class Row:
    """What the kills, or the cuts, on one file system came to."""

    points: int = 0
    runs: int = 0
    entries: int = 0
    """Outcomes that had been acknowledged at a kill or a cut, all in all."""
    lost: int = 0
    half: int = 0
    """Files half done without the certificate saying so."""
    false: int = 0
    """Outcomes that are not what is on the disk: a byte remains, a file is there, a file is gone."""
    good: int = 0
    unfinished: int = 0
    """Runs that could not be resumed to their end."""
    replaced: int = 0
    """Files that a resume no longer knew for the ones signed for."""


@dataclass
class Report:
    """What a campaign found, by file system and manner."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def row(self, system: str, manner: str) -> Row:
        return self.rows.setdefault((system, manner), Row())

    def table(self) -> str:
        """One line a file system and manner."""
        head = ("points", "runs", "entries", "lost", "half", "false", "good", "unfinished", "not known")
        lines = [f"{'file system':14}{'manner':12}" + "".join(f"{each:>12}" for each in head)]
        for (system, manner), row in self.rows.items():
            lines.append(f"{system:14}{manner:12}" + "".join(f"{each:>12}" for each in vars(row).values()))
        return "\n".join(lines)


def crash_campaign(
    system: str,
    kills: int,
    cuts: int,
    seed: int,
    folder: Path,
    report: Report,
    *,
    customers: int = 24,
    told: Callable[[str], None] = lambda _: None,
    deadline: float = float("inf"),
) -> None:
    """Kill and cut on one file system until the counts are reached or the deadline has passed.

    Each is done once at least, and until a run has acknowledged something: a slow machine tells no less.

    Raises:
        NotHere: with the reason.
    """
    chance = random.Random(f"{seed}/{system}")
    with removed_after(folder) as place, built(system, place / "town", chance, customers=customers) as town:
        trials = _Trials(town, chance, report, place)
        rows = [report.row(system, manner) for manner in ("killed", "power cut")]
        for manner, row, wanted, trial in zip(
            ("killed", "power cut"), rows, (kills, cuts), (trials.kill, trials.cut), strict=True
        ):
            while wanted and (
                not row.points
                or not any(one.entries for one in rows)
                or (row.points < wanted and time.monotonic() < deadline)
            ):
                trial(row, max(1, min(wanted - row.points, chance.randrange(1, 9))))
                told(f"{system} {manner} {row.points}, {len(report.findings)} findings")


class _Trials:
    """Trials on one town. Each begins anew from its fresh or its signed image."""

    def __init__(self, town: Town, chance: random.Random, report: Report, aside: Path) -> None:
        self.town = town
        self.chance = chance
        self.report = report
        self.said = aside / "said"
        self._number = 0
        self._before: dict[str, bytes] = {}
        self._length = 6.0
        with town.mounted(town.fresh):
            self._before = dict(_files(town.company))

    def kill(self, row: Row, kills: int) -> None:
        """Kill a run up to `kills` times, then let it end, and look."""
        town, work = self.town, self._start()
        acknowledged: dict[str, str] = {}
        with town.mounted(work):
            for _ in range(kills):
                journal = _lines(town.case / "journal.jsonl")
                child = self._child()
                ended = self._struck(child)
                row.points += 1
                acknowledged |= self._acknowledged()
                self._check(
                    _bytes(town.case / "journal.jsonl").startswith(journal),
                    row,
                    "lost",
                    "the journal lost a line",
                )
                if ended:
                    break
            row.entries += len(acknowledged)
            lines = self._ended(row, acknowledged)
        if lines is not None:
            self._searched(row, work, lines)
        work.unlink()

    def cut(self, row: Row, cuts: int) -> None:
        """Let a run go on and copy its medium at random moments; then resume on each copy, and look."""
        town, work = self.town, self._start()
        images: list[tuple[Path, dict[str, str]]] = []
        with town.mounted(work):
            child = self._child()
            began, length = time.monotonic(), self._length
            for moment in sorted(self.chance.uniform(0, length) for _ in range(cuts)):
                while time.monotonic() - began < moment and _alive(child):
                    time.sleep(0.002)
                # What was acknowledged before the copy is made must be on the copy.
                acknowledged = self._acknowledged()
                images.append((town.copy(work, f"cut-{len(images)}.img"), acknowledged))
                if not _alive(child):
                    break
            else:
                _kill(child)
            self._length = 0.8 * self._length + 0.2 * max(1.0, time.monotonic() - began)
        work.unlink()
        for image, acknowledged in images:
            row.points += 1
            row.entries += len(acknowledged)
            with town.mounted(image):
                journal = _lines(town.case / "journal.jsonl")
                lines = self._ended(row, acknowledged)
                now = _bytes(town.case / "journal.jsonl")
                self._check(now.startswith(journal), row, "lost", "the journal lost a line")
            if lines is not None:
                self._searched(row, image, lines)
            image.unlink()

    def _start(self) -> Path:
        self._number += 1
        self.said.unlink(missing_ok=True)
        source = self.town.fresh if self.chance.random() < 0.15 else self.town.signed
        return self.town.copy(source, f"work-{self._number}.img")

    def _child(self) -> int:
        """Fork a child that runs or resumes the case; what it says goes outside the image."""
        town = self.town
        argv = ("resume", town.case) if town.case.exists() else ("run", town.company / "CASE.toml")
        child = os.fork()
        if child:
            return child
        for descriptor, name in ((1, self.said), (2, self.said.with_name("errors"))):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), descriptor)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        code = 70
        try:
            code = main([str(arg) for arg in argv] + ["--json"])
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        finally:
            os._exit(code)

    def _struck(self, child: int) -> bool:
        """Kill the child at a random moment of time or of the journal; whether it had ended before."""
        chance, journal = self.chance, self.town.case / "journal.jsonl"
        began = time.monotonic()
        at = began + chance.uniform(0, self._length)
        size = _size(journal) + chance.randrange(1, 60_000) if chance.random() < 0.7 else 1 << 40
        while time.monotonic() < (at if size == 1 << 40 else began + 30) and _size(journal) < size:
            if not _alive(child):
                self._length = 0.7 * self._length + 0.3 * (time.monotonic() - began)
                return True
            time.sleep(0.0003)
        if size != 1 << 40:
            time.sleep(chance.choice((0, 0, 0.001, 0.004)))
        _kill(child)
        return False

    def _acknowledged(self) -> dict[str, str]:
        told = {}
        for line in _bytes(self.said).decode(errors="replace").splitlines():
            with suppress(ValueError):
                one = json.loads(line)
                if one.get("event") == "settled":
                    told[str(one["id"])] = str(one["outcome"])
        return told

    def _check(self, holds: bool, row: Row, what: str, detail: str) -> None:
        if not holds:
            setattr(row, what, getattr(row, what) + 1)
            self.report.findings.append(f"{self.town.ground.name}: {what}: {detail}")

    def _ended(self, row: Row, acknowledged: dict[str, str]) -> list[dict[str, object]] | None:
        """Resume to the end and hold the certificate against the disk; gives the lines of the account."""
        town = self.town
        row.runs += 1
        code = -1
        for _ in range(3):
            child = self._child()
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if code in (0, 3):
                break
        if code not in (0, 3):
            said = _bytes(self.said.with_name("errors")).decode(errors="replace")[-400:]
            self._check(False, row, "unfinished", f"exit {code}: {said}")
            return None
        journal = town.case / "journal.jsonl"
        self._check(verify_journal(journal).ok, row, "lost", "the journal does not verify")
        certificate = town.company / "out" / "certificate.pdf"
        wrong = _wrong_with(certificate)
        if wrong:
            sizes = {each.name: _size(each) for each in sorted(certificate.parent.glob("*"))}
            self._check(False, row, "false", f"the certificate does not verify: {wrong} {sizes}")
        settled = {str(body["id"]): str(body["outcome"]) for body in _settled(journal)}
        for item, outcome in acknowledged.items():
            self._check(
                settled.get(item) == outcome, row, "lost", f"{item} was {outcome}, is {settled.get(item)}"
            )
        lines: list[dict[str, object]] = json.loads(_bytes(town.case / "certificate" / "account.json"))[
            "lines"
        ]
        self._held_against_disk(row, lines)
        return lines

    def _held_against_disk(self, row: Row, lines: list[dict[str, object]]) -> None:
        now = dict(_files(self.town.company))
        gone = [name for name in self._before if name not in now]
        well = [line for line in lines if line["fate"] in ("wipe", "shred") and line["outcome"] and "failed" not in str(line["outcome"])]  # fmt: skip
        row.good += sum(line["outcome"] in GOOD for line in lines)
        row.replaced += sum("replaced" in str(line["evidence"]) for line in lines)
        self._check(len(gone) == len(well), row, "false", f"{len(gone)} files gone, {len(well)} said to be")
        self._check(all(line["outcome"] for line in lines), row, "half", "a line without an outcome")
        touched = [line for line in lines if "failed" in str(line["outcome"]) and "untouched" not in str(line["evidence"])]  # fmt: skip
        changed = [name for name, content in now.items() if self._before.get(name, content) != content]
        self._check(len(changed) <= len(touched), row, "half", f"changed and not said: {changed}")

    def _searched(self, row: Row, image: Path, lines: list[dict[str, object]]) -> None:
        """Look for every marked line of what has a good outcome, and of nothing else, on the raw image."""
        hits = self.town.marks.hits(image)
        outcomes = {str(line["name"]): str(line["outcome"]) for line in lines}
        for mark in {mark for mark in hits if mark}:
            holders = [name for name, held in self.town.held.items() if held == mark]
            told = [
                outcome
                for name in holders
                for known, outcome in outcomes.items()
                if known and name.endswith(known)
            ]
            self._check(
                not told or not all(outcome in GOOD for outcome in told),
                row, "false", f"{hits[mark]} cells left of {holders}: {told}",
            )  # fmt: skip


def _wrong_with(certificate: Path) -> list[str]:
    if not certificate.exists():
        return ["there is none"]
    return [f"{check.name}: {check.detail}" for check in verify(certificate).checks if not check.ok]


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).parts[0] not in (
            "2026-001",
            "out",
            ".2026-001.making",
        ):
            yield str(path.relative_to(folder)), path.read_bytes()


def _settled(journal: Path) -> Iterator[dict[str, object]]:
    for line in _bytes(journal).splitlines():
        entry = json.loads(line)
        if entry["event"] == "settled":
            yield entry["body"]


def _lines(journal: Path) -> bytes:
    """The whole lines of a journal: a write that was broken off may have left part of one behind them."""
    return b"".join(_bytes(journal).rpartition(b"\n")[:2])


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _alive(child: int) -> bool:
    try:
        return os.waitpid(child, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False


def _kill(child: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(child, 0)
