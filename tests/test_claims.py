"""The words: no claim beyond what is seen, and the vocabulary of the house in names and texts."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXTS = [
    *sorted((ROOT / "resources" / "i18n").glob("*")),
    *sorted((ROOT / "app").rglob("*.py")),
    ROOT / "README.md",
]

CLAIMS = re.compile(
    r"不可恢复|无法恢复的删除|彻底清除|永久删除|军用级|NIST (?:Clear|Purge)\b(?! anywhere)|irrecoverabl|unrecoverabl"
    r"|military.grade|100 ?% secure|绝对安全|securely deleted",
    re.IGNORECASE,
)
"""What nobody can see from above a file system. Sentences that deny such a claim are marked by `never`."""

NEVER_NAMES = {"whitelist", "blacklist", "erase", "severity", "sanitize", "sanitise", "nuke"}
"""Words the vocabulary replaces: a record is wiped, a key shredded, a reason to keep is a hold."""


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_claims_more_than_was_seen(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if CLAIMS.search(line) and not re.search(r"never|绝不|not ", line)] == []


def test_public_names_use_the_vocabulary() -> None:
    bad = []
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                words = set(
                    re.findall(r"[a-z]+", re.sub(r"([A-Z])", r" \1", node.name).lower().replace("_", " "))
                )
                if words & NEVER_NAMES:
                    bad.append(f"{path.name}:{node.name}")
    assert bad == []


def test_nothing_tracked_names_a_machine() -> None:
    # Two words of a path, or fewer, may stand anywhere by chance.
    here = re.escape(str(ROOT)) if len(ROOT.parts) > 3 else "(?!)"
    pattern = re.compile(here + r"|pypi" + r"\.org|registry\.npm" + "js")
    files = [
        path
        for folder in ("app", "tests", "benchmarks", "resources/i18n", "resources/rules")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".toml", ".ts", ".md"}
    ]
    files += list(ROOT.glob("*.md")) + list(ROOT.glob("*.lock")) + [ROOT / "Makefile"]
    assert [str(path) for path in files if pattern.search(path.read_text(encoding="utf-8"))] == []
