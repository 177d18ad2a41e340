"""Every string of the window has a finished Chinese translation, and none is made at run time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from app.domain import case, copies, fate, outcome, plan, record, step
from app.language import Language
from app.system.paths import resource
from app.ui import words
from app.ui.translation import read_messages, speak

UI = Path(__file__).parents[2] / "app" / "ui"
MESSAGES = read_messages(resource("i18n/app_zh_CN.ts"))


class Finder(ast.NodeVisitor):
    """Finds (context, source) of each `self.tr(…)` and `translate("Context", …)`."""

    def __init__(self) -> None:
        self.context = ""
        self.found: list[tuple[str, str, int]] = []
        self.bad: list[int] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        before, self.context = self.context, node.name
        self.generic_visit(node)
        self.context = before

    def visit_Call(self, node: ast.Call) -> None:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name == "tr":
            self.take(self.context, node.args[0], node.lineno)
        elif name == "translate" and len(node.args) == 2 and isinstance(node.args[0], ast.Constant):
            self.take(str(node.args[0].value), node.args[1], node.lineno)
        self.generic_visit(node)

    def take(self, context: str, source: ast.expr, line: int) -> None:
        if isinstance(source, ast.Constant) and isinstance(source.value, str):
            self.found.append((context, source.value, line))
        else:
            self.bad.append(line)


def sources() -> Iterator[tuple[Path, Finder]]:
    for path in sorted(UI.rglob("*.py")):
        finder = Finder()
        finder.visit(ast.parse(path.read_text(encoding="utf-8")))
        yield path, finder


def test_no_string_is_translated_that_is_made_at_run_time() -> None:
    assert {path.name: finder.bad for path, finder in sources() if finder.bad} == {}


def test_one_place_hears_that_the_language_changes() -> None:
    told = [path.name for path in UI.rglob("*.py") if "LanguageChange" in path.read_text(encoding="utf-8")]
    told.remove("translation.py")  # its word on what `speak` does
    assert told == ["spoken.py"]


def test_every_string_has_a_finished_translation() -> None:
    found = [(path.name, *one) for path, finder in sources() for one in finder.found]
    assert len(found) > 200
    missing = [one for one in found if (one[1], one[2]) not in MESSAGES]
    assert missing == []


def test_nothing_in_the_file_is_left_over_or_unfinished() -> None:
    used = {(context, source) for _, finder in sources() for context, source, _ in finder.found}
    text = resource("i18n/app_zh_CN.ts").read_text(encoding="utf-8")
    assert "unfinished" not in text
    assert set(MESSAGES) - used == set()


@pytest.mark.parametrize("key", sorted(MESSAGES))
def test_a_translation_keeps_the_places_of_facts_and_the_mnemonic(key: tuple[str, str]) -> None:
    source, translation = key[1], MESSAGES[key]
    assert sorted(re.findall(r"\{.*?\}", source)) == sorted(re.findall(r"\{.*?\}", translation))
    assert re.findall(r"&(\w)", source.upper()) == re.findall(r"&(\w)", translation.upper())


def test_the_window_changes_its_language_at_once(app: QApplication) -> None:
    assert words.language() is Language.ZH
    assert QCoreApplication.translate("ShredPage", "&Shred the keys") == "粉碎密钥(&S)"
    assert QCoreApplication.translate("QFileDialog", "Open") != ""
    speak(app, Language.EN)
    assert words.language() is Language.EN
    assert QCoreApplication.translate("ShredPage", "&Shred the keys") == "&Shred the keys"
    assert QCoreApplication.translate("Nobody", "Nothing") == "Nothing"


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    "members",
    [
        record.Tier, record.Look, record.Problem, fate.Fate, fate.Ground, outcome.Outcome, outcome.KeyOutcome,
        outcome.KeepOutcome, outcome.Reason, step.Step, case.CaseKind, case.Scale, case.Role, case.NameLevel,
        case.Profile, copies.Disposal, plan.Subject,
    ],
)  # fmt: skip
def test_every_noun_the_window_shows_has_words(app: QApplication, members: type, language: Language) -> None:
    speak(app, language)
    for member in members:
        said = words.say(member)
        assert said
        assert bool(re.search("[\u4e00-\u9fff]", said)) is (language is Language.ZH)
