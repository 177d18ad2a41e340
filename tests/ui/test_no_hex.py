"""Colours come from the palette, so that dark mode and high contrast work."""

from __future__ import annotations

import re
from pathlib import Path

UI = Path(__file__).parents[2] / "app" / "ui"


def test_no_colour_is_written_in_code() -> None:
    named = re.compile(r"#[0-9a-fA-F]{6}\b|GlobalColor|QColor\(\s*[\"'\d]")
    hits = [path.name for path in UI.rglob("*.py") if named.search(path.read_text(encoding="utf-8"))]
    assert hits == []
