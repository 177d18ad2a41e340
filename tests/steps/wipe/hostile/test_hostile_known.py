"""What is known to be wrong, each in the smallest test that shows it.

A test here that passes fails the build (strict): then what it shows is mended, and its mark and its
line in `known.py` go.
"""

import os

import pytest
from campaign.run import campaign
from known import KNOWN

SEED = 1
GROUND = {
    "inline once, grown since": "ext4 inline",
    "journalled once": "ext4 once data=journal",
    "image copied below": "ext4 on xfs",
}

if not hasattr(os, "geteuid") or os.geteuid() != 0:
    pytest.skip("mounting an image needs root", allow_module_level=True)


@pytest.mark.xfail(strict=True, reason="found by the campaign, not mended yet")
@pytest.mark.parametrize(("what", "kind"), KNOWN)
def test_known(tmp_path, what, kind):
    full = f"{kind}: plain" if kind in ("journalled once", "image copied below") else kind
    report = campaign(
        24, SEED, tmp_path / "campaign", grounds=[GROUND.get(kind, "ext4")], kinds=[full], batch=12
    )
    if not report.cases:
        pytest.skip("; ".join(report.skipped))
    assert not [finding for finding in report.findings if finding.what == what]
