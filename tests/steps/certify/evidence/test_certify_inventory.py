import csv
import io
import json
import os
import stat

import account_sample as sample
import pytest

from app.domain.fault import Fault, Refused
from app.steps.certify import prove, verify, write_inventory
from app.steps.certify.evidence.leaves import leaves_from, leaves_in


def rows(folder):
    return list(csv.reader(io.StringIO((folder / "inventory.csv").read_bytes().decode("utf-8-sig"))))


def test_one_row_a_line_that_spreadsheets_read(tmp_path):
    account = sample.mixed()
    write_inventory(account, tmp_path)
    assert (tmp_path / "inventory.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    head, *body = rows(tmp_path)
    assert len(body) == len(account.lines)
    assert {len(row) for row in body} == {len(head)}
    assert [row[1] for row in body] == [line.id for line in account.lines]
    assert body[0][13] == "Outcome.overwritten"


def test_no_name_runs_as_a_formula_or_hides(tmp_path):
    write_inventory(sample.mixed(), tmp_path)
    names = [row[3] for row in rows(tmp_path)]
    assert "'=cmd|'/C calc'!A0" in names
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows(tmp_path)[1:] for cell in row)
    assert "客*/<U+202E>gnp.exe" in names
    assert "\u202e" not in "".join(names)


def test_leaves_are_private_salted_and_nameless(tmp_path):
    account = sample.clean(5)
    write_inventory(account, tmp_path)
    path = tmp_path / "leaves.jsonl"
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    leaves = [json.loads(line) for line in path.read_text().splitlines()]
    assert [leaf.keys() for leaf in leaves] == [{"id", "fate", "outcome", "settled_at", "salt"}] * 5
    assert len({leaf["salt"] for leaf in leaves}) == 5
    assert all(len(leaf["salt"]) == 22 for leaf in leaves)
    assert (
        len(
            {leaf.salt for leaf in leaves_from(sample.clean(5, salts="00" * 32))}
            & {leaf["salt"] for leaf in leaves}
        )
        == 0
    )
    assert "张" not in path.read_text()


def test_a_proof_for_every_record(issued, tmp_path):
    for name in ("manifest.json", "manifest.p7s"):
        (tmp_path / name).write_bytes((issued / name).read_bytes())
    ids = [json.loads(line)["id"] for line in (issued / "leaves.jsonl").read_bytes().splitlines()]
    for record in ids[::9]:
        proof = prove(issued, record)
        assert len(proof) <= 2048
        assert record.encode() in proof
        assert not any(other.encode() in proof for other in ids if other != record)
        (tmp_path / "proof.json").write_bytes(proof)
        verdict = verify(tmp_path / "proof.json")
        assert verdict.valid, verdict
        assert verdict.kind == "proof"


def test_no_proof_for_what_is_not_listed(issued, tmp_path):
    with pytest.raises(Refused) as refused:
        prove(issued, "r-none")
    assert refused.value.fault is Fault.RECORD_UNKNOWN
    with pytest.raises(Refused) as refused:
        prove(tmp_path, "r-none")
    assert refused.value.fault is Fault.NOT_VERIFIABLE


def test_no_proof_from_leaves_that_are_not_the_manifests(issued, tmp_path):
    for name in ("manifest.json", "manifest.p7s"):
        (tmp_path / name).write_bytes((issued / name).read_bytes())
    write_inventory(sample.mixed(salts="00" * 32), tmp_path)
    assert len(list(leaves_in(tmp_path))) == len(list(leaves_in(issued)))
    with pytest.raises(Refused) as refused:
        prove(tmp_path, "r-0000000000000003")
    assert refused.value.fault is Fault.NOT_VERIFIABLE
