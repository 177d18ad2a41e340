"""Kill -9 at random moments of a change of the master, and look what opens afterwards.

A child opens a vault and punctures or rotates it, over and over, until it is killed. Then the
parent opens the vault: what is there must be the state before the act or the one after it.
"""

from __future__ import annotations

import hashlib
import json
import random
import select
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.fault import Refused
from app.vault import FOLDER, SLOT, Factors, Vault
from app.vault.slot import SIDES, read_sides, span_of

CASE = "2026-001"
SECRET = hashlib.sha256(b"an officer's key").digest()
CUSTOMERS = 300

CHILD = """
import sys, time
from pathlib import Path
from app.vault import Factors, Vault
folder, act, victim = Path(sys.argv[1]), sys.argv[2], bytes.fromhex(sys.argv[3])
vault = Vault.open(folder, Factors(bytes.fromhex(sys.argv[4])), sys.argv[5])
vault.puncture([])  # so that nothing has to be imported during the act
print("ready", flush=True)
sys.stdin.readline()
vault.puncture([victim] if act == "puncture" else [])
print("done", flush=True)
"""


def customer(number: int) -> bytes:
    return hashlib.sha256(f"customer {number}".encode()).digest()[:16]


@dataclass(slots=True)
class Campaign:
    """What was seen, kill by kill."""

    kills: int = 0
    finished: int = 0
    before: int = 0
    after: int = 0
    mended: int = 0
    bad: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        return (
            f"{self.kills} kills: {self.before} as before, {self.after} as after"
            f" ({self.finished} had ended), {self.mended} mended on opening, {len(self.bad)} bad"
        )


def told(vault: Vault) -> dict[bytes, str]:
    """The keys of a vault, hashed."""
    seen = {}
    for one in vault.customers():
        with vault.key(one) as key:
            seen[one] = hashlib.sha256(key).hexdigest()
    return seen


def campaign(folder: Path, kills: int, seed: int) -> Campaign:
    """Kill so often, half of them in punctures and half in rotations."""
    chance, seen = random.Random(seed), Campaign()
    factors = Factors(SECRET)
    vault = Vault.create(folder, factors, CASE)
    vault.add(customer(number) for number in range(max(CUSTOMERS, kills)))
    before = told(vault)
    vault.close()
    longest = 1.1 * max(_unkilled(folder) for _ in range(3))
    for number in range(kills):
        act = "puncture" if number % 2 else "rotate"
        victim = chance.choice(sorted(before))
        child = _child(folder, act, victim)
        _go(child)
        ended = _wait(child, chance.uniform(0, longest))
        child.kill()
        child.wait()
        seen.kills += 1
        seen.finished += ended
        before = _judge(folder, factors, before, victim if act == "puncture" else None, ended, seen)
    return seen


def _child(folder: Path, act: str, victim: bytes) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, folder, act, victim.hex(), SECRET.hex(), CASE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _go(child: subprocess.Popen[str]) -> None:
    """Wait until the vault is open, and let the act begin."""
    assert child.stdout
    assert child.stdin
    child.stdout.readline()
    child.stdin.write("\n")
    child.stdin.flush()


def _unkilled(folder: Path) -> float:
    """How long an act takes here, so that the kills are spread over all of it."""
    child = _child(folder, "rotate", b"")
    _go(child)
    began = time.monotonic()
    assert child.stdout
    child.stdout.readline()
    spent = time.monotonic() - began
    child.wait()
    return spent


def _wait(child: subprocess.Popen[str], seconds: float) -> bool:
    """Wait so long, or until the act is over; whether it is."""
    time.sleep(seconds)
    assert child.stdout
    return bool(select.select([child.stdout], [], [], 0)[0])


def _judge(folder, factors, before, victim, ended, seen) -> dict[bytes, str]:
    after = {one: key for one, key in before.items() if one != victim}
    try:
        vault = Vault.open(folder, factors, CASE)
    except Refused as refused:
        seen.bad.append(f"does not open: {json.dumps(refused.args)}")
        raise
    now = told(vault)
    seen.mended += vault.mended is not None
    vault.close()
    if now == after and (victim or ended):
        seen.after += 1
    elif now == before and not (ended and victim):
        seen.before += 1
    else:
        seen.bad.append(f"{len(now)} of {len(before)} customers, ended {ended}")
    sides, torn = read_sides(folder / SLOT)
    slot = (folder / SLOT).read_bytes()
    empty = [index for index in range(SIDES) if not any(slot[slice(*span_of(index))])]
    files = sorted(path.name for path in (folder / FOLDER).iterdir())
    if (len(sides), torn, len(empty), len(files)) != (1, [], 1, 1):
        seen.bad.append(f"left behind: {sides} {torn} {empty} {files}")
    return now
