"""The documents of a case, by digest."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.flow.papers import papers_in


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


def test_a_case_without_documents(tmp_path: Path) -> None:
    assert papers_in(tmp_path / "none", str) == ()
