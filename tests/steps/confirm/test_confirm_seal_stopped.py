"""Sealing that is stopped, killed or out of room: nothing is left that would speak, and it can be run again."""

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sealed_archive import KEY, kept_of, person, record_of, run, settled

from app.domain.event import Begun
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeepOutcome
from app.steps.confirm import seal, verify_sealed
from tests.held import leaves_no_thread
from tests.in_time import soon


def test_stopping_leaves_nothing_behind(archive, tmp_path):
    _, records = archive
    folder = tmp_path / "out"
    Path(tmp_path / "帐 册/more.bin").write_bytes(os.urandom(40 << 20))
    more = record_of(tmp_path / "帐 册/more.bin", tmp_path / "帐 册", 99)
    steps = seal(kept_of([*records, more]), [person(tmp_path)], folder, case="c/1", key=KEY)
    with leaves_no_thread():
        assert isinstance(next(steps), Begun)
        next(steps)
        assert [p.name for p in folder.iterdir()] == ["sealed-c_1.tar.age.part"]
        steps.close()
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_refused_and_cleaned(archive, tmp_path):
    _, records = archive
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=False).returncode:
        pytest.skip("no tmpfs here")
    try:
        with pytest.raises(Refused) as refused:
            run(kept_of(records), [person(tmp_path)], small)
        assert refused.value.fault is Fault.DISK_FULL
        assert list(small.iterdir()) == []
    finally:
        assert soon(lambda: subprocess.run(["umount", str(small)], check=False).returncode == 0)


SCRIPT = """
import pickle, sys
from pathlib import Path
from app.steps.confirm import seal
kept, custodians, folder = pickle.load(open(sys.argv[1], "rb"))
for event in seal(kept, custodians, Path(folder), case="2026-001", key=b"k" * 32):
    print("step", flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.08, 0.15, 0.3])
def test_killed_in_the_middle_it_can_be_run_again(archive, tmp_path, delay):
    root, records = archive
    (root / "mark.bin").write_bytes(b"PLAIN-TEXT-OF-A-CUSTOMER" * 400_000)
    (root / "more.bin").write_bytes(os.urandom(48 << 20))
    records = [*records, record_of(root / "mark.bin", root, 90), record_of(root / "more.bin", root, 91)]
    custodian, folder = person(tmp_path), tmp_path / "out"
    (tmp_path / "args").write_bytes(pickle.dumps((kept_of(records), [custodian], str(folder))))
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "args")],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
    )
    child.stdout.readline()
    time.sleep(delay)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    for path in folder.iterdir():
        assert b"PLAIN-TEXT" not in path.read_bytes()
    ends = settled(run(kept_of(records), [custodian], folder))
    assert {end.outcome for end in ends.values()} == {KeepOutcome.SEALED}
    assert sorted(p.name for p in folder.iterdir()) == ["sealed-2026-001.json", "sealed-2026-001.tar.age"]
    assert all(
        c.ok for c in verify_sealed(folder / "sealed-2026-001.tar.age", custodian.identity.read_text())
    )


def test_leftovers_of_a_killed_run_are_removed(archive, tmp_path):
    _, records = archive
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("sealed-2026-001.tar.age.part", ".custodian-key.txt.77.tmp", ".sealed-2026-001.json.77.tmp"):
        (folder / name).write_bytes(b"left")
    (folder / "of others.tmp").write_bytes(b"stays")
    run(kept_of(records), [person(tmp_path)], folder)
    assert sorted(p.name for p in folder.iterdir()) == [
        "of others.tmp", "sealed-2026-001.json", "sealed-2026-001.tar.age",
    ]  # fmt: skip
