"""Kills a shredding at random moments and looks at what is left: it opens, or is destroyed and said to be."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.event import Begun, Noted, Settled
from app.domain.outcome import Evidence, KeyOutcome
from app.domain.step import Stage
from app.register.codec import build, plain
from app.steps.shred import Grounds, shred, shred_slot
from app.steps.shred.kinds import kind_of, open_keys
from app.steps.shred.kinds.contract import NotOpened, Store
from app.system.disk import Disk

SEED = b"\x07" * 32
DESTROYED = (KeyOutcome.CE_PURGE, KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)


class Slow(Disk):
    """A disk that takes its time in many small writes, so that a kill lands in the middle of a pass."""

    def overwrite(self, fd, offset, data):
        # No less than a sector: nothing smaller is ever half written.
        step = max(512, len(data) // 16 // 512 * 512)
        for at in range(0, len(data), step):
            super().overwrite(fd, offset + at, data[at : at + step])
            time.sleep(0.0004)

    def sync(self, fd):
        time.sleep(0.0004)
        super().sync(fd)


@dataclass
class Report:
    """What a campaign saw. `bad` are the states that must not be."""

    kills: int = 0
    killed_at: Counter = field(default_factory=Counter)
    bad: list = field(default_factory=list)

    def table(self):
        """One line a stage at which the kill struck."""
        lines = [f"{stage:>10} {count:>5}" for stage, count in sorted(self.killed_at.items())]
        return "\n".join([f"     kills {self.kills:>5}", *lines, f"bad states {len(self.bad):>5}"])


@dataclass
class Prey:
    """One key file that is destroyed again and again, from a copy of itself."""

    kind: str
    original: Path
    passphrase: str
    takes: float = 0
    """Seconds for the whole, measured: so that the kills fall evenly over it."""

    def opens(self, path):
        """Whether the file gives its key."""
        try:
            data = path.read_bytes()
            store = Store(len(data), lambda offset, length: data[offset : offset + length], str(path))
            return bool(open_keys(kind_of(self.kind), store, self.passphrase))
        except (NotOpened, FileNotFoundError):
            return False


def campaign_of_keys(kills, seed, preys, sign, folder, report):
    """Kill the shredding of a key file, resume it, and look after each."""
    dice = random.Random(seed)
    for number in range(-len(preys), kills):
        prey = preys[number % len(preys)]
        place = folder / f"kill-{number}"
        place.mkdir()
        path = place / "key"
        shutil.copyfile(prey.original, path)
        plan = sign(path, prey.kind)
        if number < 0:
            prey.takes = 1.1 * timed(plan, prey, place / "journal")
        else:
            one(plan, prey, path, place / "journal", dice.uniform(0, 1), report)
        shutil.rmtree(place)


def undisturbed(plan, prey, stages, noted):
    """The shredding of a key as the flow begins it."""
    return shred(
        plan, kinds={"k-0": prey.kind}, stages=stages, passphrase=lambda _: prey.passphrase,
        seed=SEED, noted=noted, grounds=Grounds(), disk=Slow(),
    )  # fmt: skip


def timed(plan, prey, journal):
    """How long it takes when nobody kills it."""
    began = time.monotonic()
    recorded(undisturbed(plan, prey, {}, {}), journal)
    return time.monotonic() - began


def one(plan, prey, path, journal, moment, report):
    """One kill, `moment` of the whole time after the start, and one resumption."""
    journal.touch()

    killed(lambda: recorded(undisturbed(plan, prey, {}, {}), journal), moment * prey.takes)
    stages, noted, said = read(journal)
    stage = stages.get("k-0", Stage.FRESH)
    report.kills += 1
    report.killed_at[f"{prey.kind} {stage.value}"] += 1
    opens = prey.opens(path)
    if stage is Stage.FRESH and not opens:
        report.bad.append(f"{prey.kind}: touched before its intent was written")
    check(report, prey, "before resuming", said, opens)
    ended = said
    for event in undisturbed(plan, prey, stages, noted):
        if isinstance(event, Settled):
            ended = event.outcome
    opens = prey.opens(path)
    check(report, prey, "after resuming", ended, opens)
    if ended is None or ended is KeyOutcome.FAILED:
        report.bad.append(f"{prey.kind}: resumed from {stage.value} and ended {ended}")
    if opens:
        report.bad.append(f"{prey.kind}: opens after it was resumed from {stage.value}")


def check(report, prey, when, said, opens):
    """Nothing that opens is ever said to be destroyed."""
    if opens and said is not None and said is not KeyOutcome.FAILED:
        report.bad.append(f"{prey.kind}: {when} it was said to be {said.value}, and it opens")


def killed(act, after):
    """Run in a child, and kill it after some seconds."""
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(ready)
            os.write(tell, b"x")
            os.close(tell)
            act()
        finally:
            os._exit(0)
    os.close(tell)
    os.read(ready, 1)
    os.close(ready)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def recorded(events, journal):
    """Write down what is said before the act goes on, as the flow does."""
    with journal.open("a") as file:
        for event in events:
            if isinstance(event, Begun):
                line = ["begun", event.ids[0]]
            elif isinstance(event, Noted):
                line = ["noted", event.ids[0], plain(event.evidence)]
            elif isinstance(event, Settled):
                line = ["settled", event.id, event.outcome.value]
            else:
                continue
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())


def read(journal):
    """Stages and noted evidence as the flow would know them, and what was said at last."""
    stages, noted, said = {}, {}, None
    for line in journal.read_text().splitlines():
        what, name, *more = json.loads(line)
        stages[name] = Stage(what)
        if what == "noted":
            noted[name] = build(Evidence, more[0])
        if what == "settled":
            said = KeyOutcome(more[0])
    return stages, noted, said


def campaign_of_slot(kills, seed, original, opens, folder, report):
    """Kill the erasing of the vault's own slot; do it again; it is untouched, or gone and said to be."""
    dice = random.Random(seed)
    for number in range(kills):
        place = folder / f"slot-{number}"
        place.mkdir()
        path = place / "key.slot"
        shutil.copyfile(original, path)
        said = place / "said"

        def act(path=path, said=said):
            ended = shred_slot(path, opens=lambda: opens(path), disk=Slow())
            said.write_text(ended.outcome.value)

        killed(act, dice.uniform(0, 0.25))
        report.kills += 1
        word, still = said.read_text() if said.exists() else "", opens(path)
        report.killed_at["slot " + ("said" if word else "opens" if still else "half")] += 1
        if word and still:
            report.bad.append(f"slot: said to be {word}, and it opens")
        ended = shred_slot(path, opens=lambda path=path: opens(path), disk=Slow())
        if opens(path) or ended.outcome is KeyOutcome.FAILED or path.exists():
            report.bad.append(f"slot: {ended.outcome.value} after it was done again")
        if not still and ended.outcome in DESTROYED:
            report.bad.append("slot: taken for proven though it did not open when it was done again")
        shutil.rmtree(place)
