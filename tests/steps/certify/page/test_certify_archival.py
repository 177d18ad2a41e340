"""PDF/A-3b by the reference validator: the certificate before and after signing, and the printed inventory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import account_sample as sample
import pytest
from test_certify_layout import sheet
from vera_check import missing, vera_check

from app.steps.certify.evidence.inventory import inventory_of, write_inventory
from app.steps.certify.page.archive import archived
from app.steps.certify.page.paint import painted
from app.steps.certify.volumes.printed import print_inventory


def test_verapdf_approves(issued: Path, small: Path, tmp_path: Path) -> None:
    """All in one run of veraPDF, which takes longer to start than to look."""
    if missing():
        pytest.skip(f"veraPDF did not look at the certificate: {missing()} is missing")
    rare = replace(sample.mixed(30, rehearsal=True, language="both"), company="𠮷𡒄示例（福州）有限公司")
    pages = painted(sheet(rare).pages, "t", "a", second="en")
    attachments = {"manifest.json": b"{}", "inventory.csv": inventory_of(rare), "manifest.p7s": b"0"}
    files = {
        "before signing": archived(pages, attachments, datetime(2026, 11, 21, tzinfo=UTC), "both"),
        "not archival": pages,
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    write_inventory(rare, tmp_path)
    list(print_inventory(rare, tmp_path))
    asked = [issued / "certificate.pdf", small / "certificate.pdf"]
    asked += [tmp_path / name for name in (*files, "inventory.pdf")]
    broken = vera_check(*asked)
    # It does say no where it should.
    assert broken.pop(tmp_path / "not archival")
    assert all(not rules for rules in broken.values()), broken
