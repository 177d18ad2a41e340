"""What the window needs before it is shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = (
    "reportlab", "pikepdf", "pyhanko", "cryptography", "sqlcipher3", "hyperscan", "pyrage", "send2trash",
    "pypdfium2", "python_calamine", "charset_normalizer",
)  # fmt: skip
SHOW = """
import json, sys, time
from app.ui.application import make_application
from app.ui.wizard import Wizard
start = time.process_time()
app = make_application(["lethe"])
wizard = Wizard()
wizard.show()
app.processEvents()
took = time.process_time() - start
print(json.dumps({"took": took, "modules": sorted({name.partition(".")[0] for name in sys.modules}),
                  "flow": "app.flow" in sys.modules}))
"""
FONT = """
from app.ui.application import make_application
from PySide6.QtGui import QFontInfo, QFontMetrics
app = make_application(["lethe"])
print(QFontInfo(app.font()).family(), QFontMetrics(app.font()).inFont("骨"))
"""


def run(program: str, **environment: str) -> str:
    settings = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(
        [sys.executable, "-c", program], env=settings, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_window_is_up_at_once_and_nothing_heavy_was_imported() -> None:
    seen = json.loads(run(SHOW))
    assert set(seen["modules"]) & set(HEAVY) == set()
    assert not seen["flow"], "the flow waits until a case is opened"
    assert seen["took"] < 0.5


def test_chinese_is_shown_where_the_system_has_no_chinese_font(tmp_path: Path) -> None:
    bare = tmp_path / "fonts.conf"
    bare.write_text(f"<fontconfig><cachedir>{tmp_path}</cachedir></fontconfig>", encoding="utf-8")
    assert run(FONT, FONTCONFIG_FILE=str(bare)).strip() == "Noto Sans SC True"
