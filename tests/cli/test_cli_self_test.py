"""The self-test fails where a file can't be wiped, which is how a system it was never run on shows itself."""

import json

import pytest

from app.__main__ import main
from app.steps.wipe import step
from app.system.disk import Disk, ReadOnlyDisk


@pytest.mark.parametrize(("disk", "code"), [(Disk, 0), (ReadOnlyDisk, 1)])
def test_a_disk_that_can_not_be_written_fails_the_rehearsal(monkeypatch, capsys, disk, code):
    monkeypatch.setattr(step, "this_disk", disk)
    assert main(["self-test", "--json"]) == code
    told = {one["check"]: one for one in map(json.loads, capsys.readouterr().out.splitlines())}
    assert told["rehearsal"]["ok"] is (code == 0)
    assert ("read_only" in told["rehearsal"]["why"].lower()) is (code == 1)
