"""Killed at any point, shredding goes on: every key ends destroyed or untouched, and none is claimed early."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.domain.event import Begun, Noted
from app.domain.outcome import KeyOutcome, Reason
from app.domain.step import Stage
from app.steps.shred.overwriting import hidden_name, item_key, keystream
from tests.held import files_open

SEED = b"\x07" * 32
KEY = item_key(SEED, "k-0")
GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)


def settle(bed, stage, **more):
    bed.stages = {"k-0": stage}
    bed.more = more
    return bed.run()["k-0"]


def run_to(bed, kind):
    """Run until an event of this kind, then close the generator as a stop does."""
    events = bed.events()
    for event in events:
        if isinstance(event, kind):
            events.close()
            return event
    raise AssertionError(kind)


def test_stopped_at_begun_goes_on_as_if_new(bench, make_key):
    path, kind = make_key("ec")
    body = path.read_bytes()
    bed = bench((path, kind))
    run_to(bed, Begun)
    assert path.read_bytes() == body
    assert settle(bed, Stage.BEGUN).outcome in GOOD
    assert not path.exists()


@pytest.mark.parametrize("length", [512, 600, 1024])
@pytest.mark.parametrize("what", ["keystream", "zeros"])
def test_a_half_overwritten_file_is_known_for_ours(bench, make_key, what, length):
    path, kind = make_key("rsa")
    bed = bench((path, kind))
    with path.open("r+b") as file:
        file.write(keystream(KEY, 0, length) if what == "keystream" else bytes(length))
    settled = settle(bed, Stage.BEGUN)
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.CANARY_FAILED in settled.evidence.limits
    assert not path.exists()


def test_sectors_that_reached_the_disk_out_of_order_are_known(bench, make_key):
    path, kind = make_key("rsa")
    bed = bench((path, kind))
    with path.open("r+b") as file:
        file.seek(1024)
        file.write(keystream(KEY, 1024, 512))
    assert settle(bed, Stage.BEGUN).outcome is KeyOutcome.ACCESS_REMOVED


def test_a_file_grown_to_its_block_is_known(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    with path.open("r+b") as file:
        file.write(bytes(4096))
    assert settle(bed, Stage.BEGUN).outcome is KeyOutcome.ACCESS_REMOVED


@pytest.mark.parametrize("stage", [Stage.FRESH, Stage.BEGUN])
def test_strange_content_is_not_ours(bench, make_key, stage):
    path, kind = make_key("rsa")
    bed = bench((path, kind))
    with path.open("r+b") as file:
        file.write(keystream(item_key(SEED, "k-1"), 0, 512))
    settled = settle(bed, stage)
    assert settled.evidence.limits[0] is Reason.CHANGED
    assert path.exists()


def test_zeros_are_not_ours_before_we_began(bench, make_key):
    path, kind = make_key("rsa")
    bed = bench((path, kind))
    path.write_bytes(bytes(4096))
    assert settle(bed, Stage.FRESH).evidence.limits[0] is Reason.CHANGED


def test_stopped_at_noted_only_removes_and_keeps_the_grade(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    noted = run_to(bed, Noted)
    assert set(path.read_bytes()) == {0}
    settled = settle(bed, Stage.NOTED, noted={"k-0": noted.evidence})
    assert settled.outcome in GOOD
    assert "C10" in dict(settled.evidence.facts)["conditions_seen"].split()
    assert not path.exists()


def test_without_the_noted_evidence_no_more_is_said(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    run_to(bed, Noted)
    settled = settle(bed, Stage.NOTED)
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert not {"C9", "C10", "C11"} & set(dict(settled.evidence.facts)["conditions_seen"].split())


def test_found_again_under_the_hidden_name(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    noted = run_to(bed, Noted)
    hidden = path.with_name(hidden_name(KEY, path.name))
    assert len(hidden.name) == len(path.name)
    path.rename(hidden)
    path.write_bytes(b"a new file under the old name")
    assert settle(bed, Stage.NOTED, noted={"k-0": noted.evidence}).outcome in GOOD
    assert not hidden.exists()
    assert path.read_bytes() == b"a new file under the old name"


def test_absent_under_both_names_is_settled_as_noted(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    noted = run_to(bed, Noted)
    path.unlink()
    assert settle(bed, Stage.NOTED, noted={"k-0": noted.evidence}).outcome in GOOD
    path.parent.joinpath("other").write_bytes(b"")
    bed2 = bench((path.parent / "other", kind))
    path.parent.joinpath("other").unlink()
    assert settle(bed2, Stage.NOTED).outcome is KeyOutcome.ACCESS_REMOVED


def test_absent_with_its_folder(bench, make_key, tmp_path):
    inner = tmp_path / "in"
    inner.mkdir()
    path, kind = make_key("ec")
    moved = inner / "k"
    path.rename(moved)
    bed = bench((moved, kind))
    noted = run_to(bed, Noted)
    moved.unlink()
    inner.rmdir()
    assert settle(bed, Stage.NOTED, noted={"k-0": noted.evidence}).outcome in GOOD


def test_a_key_written_into_the_noted_file_is_found(bench, make_key):
    path, kind = make_key("ec")
    body = path.read_bytes()
    bed = bench((path, kind))
    noted = run_to(bed, Noted)
    path.write_bytes(body)
    settled = settle(bed, Stage.NOTED, noted={"k-0": noted.evidence})
    assert settled.evidence.limits[0] is Reason.STILL_OPENS
    assert path.exists()


def test_no_file_is_left_open_by_a_stop(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    run_to(bed, Noted)
    assert not any(str(path.parent) in target for _, target in files_open())


VICTIM = """
import json, pickle, sys
from app.domain.event import Begun, Noted
from app.register.codec import plain
from app.steps.shred import shred
from app.system.disk import Disk
import time

class Slow(Disk):
    def overwrite(self, fd, offset, data):
        # Byte by byte in small writes, so that a kill lands in the middle of a pass.
        for at in range(0, len(data), 256):
            super().overwrite(fd, offset + at, data[at : at + 256])
            time.sleep(0.0005)

plan, kinds = pickle.load(open(sys.argv[1], "rb"))
journal = open(sys.argv[2], "a")
def note(line):
    journal.write(line + "\\n"); journal.flush()
print("ready", flush=True)
for event in shred(plan, kinds=kinds, stages={}, passphrase=lambda _: "", seed=b"\\x07" * 32, disk=Slow()):
    if isinstance(event, Begun):
        note(json.dumps(["begun", event.ids[0]]))
    elif isinstance(event, Noted):
        note(json.dumps(["noted", event.ids[0], plain(event.evidence)]))
    elif isinstance(event, Settled):
        note(json.dumps(["settled", event.id]))
"""


def journalled(path):
    """Read the little journal back as the flow would: stages and noted evidence."""
    import json

    from app.domain.outcome import Evidence
    from app.register.codec import build

    stages, noted = {}, {}
    for line in path.read_text().splitlines():
        what, name, *more = json.loads(line)
        stages[name] = Stage(what)
        if more:
            noted[name] = build(Evidence, more[0])
    return stages, noted


def test_killed_at_random_moments_and_resumed(bench, make_key, tmp_path):
    import pickle

    dice = random.Random(20261121)
    for round_ in range(6):
        keys = [make_key("ec"), make_key("ed25519"), make_key("age"), make_key("x25519")]
        bodies = {f"k-{n}": path.read_bytes() for n, (path, _) in enumerate(keys)}
        bed = bench(*keys)
        (tmp_path / "plan").write_bytes(pickle.dumps((bed.plan, bed.kinds)))
        journal = tmp_path / f"journal-{round_}"
        journal.touch()
        child = subprocess.Popen(
            [sys.executable, "-c", VICTIM, tmp_path / "plan", journal],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        )
        child.stdout.readline()
        time.sleep(dice.uniform(0, 0.35))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        stages, noted = journalled(journal)
        for n, (path, _) in enumerate(keys):
            if stages.get(f"k-{n}", Stage.FRESH) is Stage.FRESH:
                assert path.read_bytes() == bodies[f"k-{n}"], "touched before its intent was written"
        bed.stages, bed.more = stages, {"noted": noted}
        settled = bed.run()
        assert set(settled) == {name for name in bodies if stages.get(name) is not Stage.SETTLED}
        assert all(one.outcome is not KeyOutcome.FAILED for one in settled.values()), settled
        left = [
            one
            for path, _ in keys
            for one in (path, path.with_name(hidden_name(KEY, path.name)))
            if one.exists()
        ]
        assert not left
        assert not [
            one for one in tmp_path.iterdir() if one.name != "plan" and not one.name.startswith("journal-")
        ]


def test_the_keystream_is_one_whole_however_it_is_cut():
    whole = keystream(KEY, 0, 4096)
    assert whole[1024:2048] == keystream(KEY, 1024, 1024)
    assert whole != keystream(item_key(SEED, "k-1"), 0, 4096)
    assert hashlib.sha256(whole).digest() != hashlib.sha256(bytes(4096)).digest()
