"""What the campaigns found to be wrong, each in the smallest test that shows it.

None may come back.
"""

import os

import pytest
from campaign.grounds import GROUNDS, opened, run, unmount
from campaign.kinds_content import clone
from campaign.run import campaign
from campaign.yard import NotHere
from known import MENDED

from app.flow.closing import HANDED_OUT, hand_out
from app.system.durable import write_durably

SEED = 1
GROUND = {
    "inline once, grown since": "ext4 inline",
    "journalled once": "ext4 once data=journal",
    "image copied below": "ext4 on xfs",
}

if not hasattr(os, "geteuid") or os.geteuid() != 0:
    pytest.skip("mounting an image needs root", allow_module_level=True)


def findings(tmp_path, what, kind):
    full = f"{kind}: plain" if kind in ("journalled once", "image copied below") else kind
    report = campaign(
        24, SEED, tmp_path / "campaign", grounds=[GROUND.get(kind, "ext4")], kinds=[full], batch=12
    )
    if not report.cases:
        pytest.skip("; ".join(report.skipped))
    return [finding for finding in report.findings if finding.what == what]


@pytest.mark.parametrize(("what", "kind"), MENDED)
def test_mended(tmp_path, what, kind):
    assert not findings(tmp_path, what, kind)


def test_what_is_handed_out_outlives_a_power_cut(tmp_path):
    """The journal, synced after it, says that the case is certified; the files in `out` are empty."""
    try:
        with opened(GROUNDS["ext4 on xfs"], tmp_path / "land") as land:
            folder = land.top / "certificate"
            folder.mkdir()
            for name in HANDED_OUT:
                (folder / name).write_bytes(b"as it was issued")
            os.sync()
            hand_out(folder, land.top / "out", "2026-001")
            write_durably(land.top / "journal.jsonl", b"certified")
            inner = land.outer.top / "inner.img"
            clone(inner, inner.with_name("cut.img"))
            (tmp_path / "cut").mkdir()
            run("mount", "-o", "loop", inner.with_name("cut.img"), tmp_path / "cut")
            try:
                assert (tmp_path / "cut" / "journal.jsonl").read_bytes() == b"certified"
                found = {name: (tmp_path / "cut" / "out" / name).read_bytes() for name in HANDED_OUT}
            finally:
                unmount(tmp_path / "cut")
    except NotHere as reason:
        pytest.skip(str(reason))
    assert set(found.values()) == {b"as it was issued"}
