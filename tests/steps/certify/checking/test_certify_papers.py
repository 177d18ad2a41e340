"""The documents of a case: by digest in the manifest, and held against the folder they lie in."""

import hashlib
import json
import shutil

import account_sample as sample
import pytest
from certify_issued import issue

from app.flow.papers import papers_in
from app.steps.certify import Standing, verify

PAPERS = {"training/2026 培训.txt": b"trained", "processor/回执.pdf": b"%PDF reply", "loose.txt": b"loose"}


@pytest.fixture
def case(tmp_path, people):
    """A case with documents, certified."""
    evidence = tmp_path / "case" / "evidence"
    for name, data in PAPERS.items():
        path = evidence / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    papers = papers_in(evidence, lambda path: "文*")
    return issue(sample.clean(3, papers=papers), tmp_path / "case" / "certificate", people).parent


def standing(case):
    verdict = verify(case / "certificate" / "certificate.pdf")
    checks = {one.name: one.ok for one in verdict.checks if one.name.startswith("papers.")}
    return verdict.status, checks


def test_the_manifest_names_each_by_its_digest(case):
    manifest = json.loads((case / "certificate" / "manifest.json").read_bytes())
    told = {(one["kind"], one["sha256"], one["bytes"], one["name"]) for one in manifest["papers"]}
    kinds = {"training/2026 培训.txt": "training", "processor/回执.pdf": "processor", "loose.txt": "other"}
    assert told == {
        (kinds[name], hashlib.sha256(data).hexdigest(), len(data), "文*") for name, data in PAPERS.items()
    }
    assert standing(case) == (Standing.VALID, {"papers.same": True})


def test_a_document_that_was_changed(case):
    (case / "evidence" / "loose.txt").write_bytes(b"other")
    assert standing(case) == (Standing.ALTERED, {"papers.same": False})


def test_a_document_that_is_gone(case):
    (case / "evidence" / "loose.txt").unlink()
    assert standing(case) == (Standing.INCOMPLETE, {"papers.present": False})


def test_what_was_laid_there_later_is_no_fault(case):
    (case / "evidence" / "scan of the stamped paper.pdf").write_bytes(b"scan")
    assert standing(case) == (Standing.VALID, {"papers.same": True})


def test_a_link_to_elsewhere_is_no_document(case, tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"loose")
    (case / "evidence" / "loose.txt").unlink()
    (case / "evidence" / "loose.txt").symlink_to(tmp_path / "elsewhere")
    assert standing(case)[0] is Standing.INCOMPLETE


def test_the_certificate_alone_needs_no_documents(case, tmp_path):
    (tmp_path / "alone").mkdir()
    shutil.copy(case / "certificate" / "certificate.pdf", tmp_path / "alone")
    verdict = verify(tmp_path / "alone" / "certificate.pdf")
    assert verdict.valid
    assert not any(one.name.startswith("papers.") for one in verdict.checks)
