"""The documents of a case, by digest."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

from app.flow.papers import KINDS, OTHER, papers_in
from app.system.paths import resource


def test_each_document_by_its_digest_and_folder(tmp_path: Path) -> None:
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "王某.pdf").write_bytes(b"trained")
    (tmp_path / "letter.txt").write_bytes(b"")
    (tmp_path / "link").symlink_to("/etc/hostname")
    other, training = papers_in(tmp_path, lambda path: f"#{len(path) > 0}")
    assert (other.kind, other.bytes, other.sha256) == ("other", 0, hashlib.sha256(b"").hexdigest())
    assert (training.kind, training.bytes) == ("training", 7)
    assert training.sha256 == hashlib.sha256(b"trained").hexdigest()
    assert {other.name, training.name} == {"#True"}


def test_a_folder_of_another_name_tells_nothing(tmp_path: Path) -> None:
    """An officer may have laid the papers of each person in a folder of theirs."""
    for name in ("张三 110105199001011234", "Training", "nda"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "a.txt").write_bytes(name.encode())
    assert sorted(one.kind for one in papers_in(tmp_path, lambda _: "")) == ["nda", "other", "other"]


def test_the_words_for_each_kind_are_there() -> None:
    table = tomllib.loads(resource("i18n/certificate.toml").read_text(encoding="utf-8"))["paper"]
    assert set(table) == {*KINDS, OTHER}


def test_a_case_without_documents(tmp_path: Path) -> None:
    assert papers_in(tmp_path / "none", str) == ()
