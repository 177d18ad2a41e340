"""The full names: encrypted for named holders, bound by the manifest, and in no other file."""

import json
import shutil
from dataclasses import replace

import account_sample as sample
import pyrage
import pytest
from certify_issued import issue

from app.domain.case import AnnexHolder
from app.domain.fault import Fault, Refused
from app.steps.certify import Standing, verify
from app.steps.certify.evidence.annex import ANNEX, write_annex

ROWS = [(f"r-{n:016x}", f"/data/客户/欧阳春晓 {n}\n.csv", "Outcome.overwritten") for n in range(3000)]


@pytest.fixture
def keys():
    return [pyrage.x25519.Identity.generate() for _ in range(2)]


@pytest.fixture
def holders(keys):
    return [AnnexHolder(f"律师{n}", str(key.to_public())) for n, key in enumerate(keys)]


def test_each_holder_opens_it_and_nobody_else(tmp_path, keys, holders):
    annex = write_annex(ROWS, holders, tmp_path)
    data = (tmp_path / ANNEX).read_bytes()
    assert (annex.holders, annex.bytes) == (("律师0", "律师1"), len(data))
    assert "欧阳".encode() not in data
    for key in keys:
        text = pyrage.decrypt(data, [key]).decode("utf-8-sig")
        lines = text.split("\r\n")
        assert len(lines) == len(ROWS) + 2
        assert lines[1] == "r-0000000000000000,/data/客户/欧阳春晓 0<U+000A>.csv,Outcome.overwritten"
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(data, [pyrage.x25519.Identity.generate()])
    assert [path.name for path in tmp_path.iterdir()] == [ANNEX]


def test_without_holders_there_is_none(tmp_path, holders):
    write_annex(ROWS, holders, tmp_path)
    assert write_annex(ROWS, (), tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_recipient_that_is_none(tmp_path):
    with pytest.raises(Refused) as refused:
        write_annex(ROWS, [AnnexHolder("x", "age1nothing")], tmp_path)
    assert refused.value.fault is Fault.CASE_FILE_WRONG_VALUE


def test_the_manifest_binds_it(tmp_path, people, holders):
    folder = tmp_path / "certificate"
    folder.mkdir()
    annex = write_annex(ROWS, holders, folder)
    issue(replace(sample.clean(3), annex=annex), folder, people)
    named = json.loads((folder / "manifest.json").read_bytes())["annex"]
    assert named == {
        "file": ANNEX,
        "holders": ["律师0", "律师1"],
        "sha256": annex.sha256,
        "bytes": annex.bytes,
    }
    for name in (ANNEX, "certificate.pdf"):
        assert verify(folder / name).valid
    good = (folder / ANNEX).read_bytes()
    (folder / ANNEX).write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    for name in (ANNEX, "certificate.pdf", "manifest.json"):
        verdict = verify(folder / name)
        assert verdict.status is Standing.ALTERED
        assert {one.name for one in verdict.checks if not one.ok} == {"annex.same"}
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(folder / ANNEX, alone)
    assert verify(alone / ANNEX).status is Standing.INCOMPLETE


def test_an_annex_that_no_manifest_names(small, tmp_path, holders):
    folder = tmp_path / "case" / "certificate"
    shutil.copytree(small, folder)
    write_annex(ROWS, holders, folder)
    assert verify(folder / ANNEX).status is Standing.ALTERED
