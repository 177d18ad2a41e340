"""A company's folder, and what a look tells of it, wherever it lies."""

from __future__ import annotations

import zipfile
from pathlib import Path

from app.domain.case import Location
from app.domain.event import Located
from app.steps.locate import Limits, locate
from app.steps.locate.job import Task

KEY = bytes(range(32))
TASK = Task(KEY, Limits())


def lay_out(root: Path, made) -> Path:
    """Lay five files below a folder: one of another encoding, one of a table, an archive, an empty one, a large one."""
    (root / "部门 A" / "深").mkdir(parents=True)
    (root / "a.txt").write_text(f"手机 {made.mobile()}", encoding="gb18030")
    (root / "部门 A" / "b.csv").write_text(
        f"姓名,护照号\n张三,E1234567{made.rng.randrange(10)}\n", encoding="utf-8"
    )
    with zipfile.ZipFile(root / "部门 A" / "深" / "c.zip", "w") as archive:
        archive.writestr("列表.txt", "\n".join(made.id() for _ in range(50)))
    (root / "clean.txt").write_text("会议记录")
    (root / "large.log").write_bytes(b"line of a log\n" * (1 << 19) + made.mobile().encode())
    return root


def told(event: Located, root: str) -> tuple[object, ...]:
    """Give what is told of one file, wherever its root lies."""
    record = event.record
    facts = (
        (record.sha256, record.tier, record.category, record.people, record.findings, record.problems)
        if record
        else ()
    )
    return event.path[len(root) :].lstrip("/"), event.look, event.bytes, facts


def told_here(root: Path) -> list[tuple[object, ...]]:
    """Look at a folder of this machine."""
    events = locate([Location(root)], key=KEY, jobs=0)
    return sorted(told(one, str(root)) for one in events if isinstance(one, Located))
