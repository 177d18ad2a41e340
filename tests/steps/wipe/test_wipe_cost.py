"""The cost of the purge, as it is told before, against what the purge then does."""

import os
from dataclasses import replace

from app.domain.event import Noted
from app.domain.fate import Fate
from app.steps.wipe import names_cost


def test_what_is_told_is_about_what_is_written(job, image):
    made = image("ext4")
    job.folder = made.mount
    for number in range(3):
        job.add(made.mount / f"{number}.csv", b"x")
    job.add(made.mount / "left", b"x", fate=Fate.LEAVE)
    (cost,) = names_cost(job.signed().plan)
    assert (cost.mount, cost.file_system, cost.names, cost.possible) == (str(made.mount), "ext4", 3, True)
    job.run()
    (purged,) = [event for event in job.events if isinstance(event, Noted) and event.what == "purged"]
    facts = dict(purged.evidence.facts)
    assert facts["journal"] == "ext"
    assert cost.written / 2 < facts["churned_bytes"] < cost.written * 2
    assert 0 < cost.seconds < 10


def test_no_folder_no_cost(job):
    item = job.add(job.folder / "a", b"x")
    job.items = [replace(item, path=os.fspath(job.folder / "gone" / "a"))]
    assert names_cost(job.signed().plan) == ()


def test_where_names_can_not_be_purged(job, monkeypatch):
    from app.steps.wipe import cost
    from app.system.journals import Log, LogKind

    monkeypatch.setattr(cost, "log_of", lambda volume, fd: Log(LogKind.UNKNOWN))
    job.add(job.folder / "a", b"x")
    assert [one.possible for one in names_cost(job.signed().plan)] == [False]
