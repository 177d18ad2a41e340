"""Proofs of one record: both ways, small, telling nothing of others, and checked by a stranger's Python."""

import hashlib
import json
import shutil
import subprocess
import sys

import account_sample as sample
import pytest

from app.domain.outcome import Outcome
from app.language import Language, say
from app.steps.certify import Standing, prove, verify
from app.steps.certify.evidence.leaves import Leaf, leaves_in
from app.steps.certify.evidence.merkle import Tree, leaf_hash, path_of, root_from, root_of
from app.steps.certify.evidence.proof import Proof
from app.steps.certify.issue import CHECKER

RECORD = sample.line(1).id


@pytest.fixture
def handed(small, tmp_path):
    """What a customer gets: the manifest, its signature, and one proof."""
    for name in ("manifest.json", "manifest.p7s"):
        shutil.copy(small / name, tmp_path)
    (tmp_path / "proof.json").write_bytes(prove(small, RECORD))
    return tmp_path


def check(folder, *given):
    """Run the checker as a stranger would: from an empty folder, with nothing but Python."""
    empty = folder / "empty"
    empty.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-I", folder / CHECKER, *given],
        cwd=empty,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_proof_at_a_million_records_is_two_kilobytes_at_most():
    """The largest there is: a key of the longest outcome, the last of a million, kept by transfer."""
    count = 1_000_000
    leaf = Leaf(
        "k-" + "f" * 16, "transfer", "KeyOutcome.key_destroyed_here", "2026-11-21T10:00:00Z", "A" * 22
    )
    hashes = [leaf_hash(n.to_bytes(4, "big")) for n in range(count)]
    way = path_of(hashes, count - 1 - 64)
    assert root_from(hashes[count - 65], count - 65, count, way) == root_of(hashes)
    longest = max((path_of(hashes, n) for n in (0, count // 2, count - 65)), key=len)
    proof = Proof(
        "LT-20261121-7F3A9C01", b"\xff" * 32, leaf, count - 65, count, tuple(longest), tuple(longest)
    )
    assert len(longest) == 20
    assert len(proof.written()) <= 2048
    assert Proof.of(proof.written()) == proof


def test_a_tree_that_grows_has_the_root_of_the_whole():
    tree = Tree()
    leaves = [leaf_hash(str(n).encode()) for n in range(70)]
    for count, leaf in enumerate(leaves, 1):
        tree.add(leaf)
        assert tree.root() == root_of(leaves[:count])


def test_it_tells_both_lists_and_nothing_of_others(handed, small):
    proof = (handed / "proof.json").read_bytes()
    for leaf in leaves_in(small):
        assert (leaf.id.encode() in proof) == (leaf.id == RECORD)
        assert (leaf.salt.encode() in proof) == (leaf.id == RECORD)
    verdict = verify(handed / "proof.json")
    assert verdict.valid, verdict
    seen = {one.name: one.detail for one in verdict.checks}
    assert seen["proof.planned"] == f"{RECORD}: listed before as Wipe"
    assert seen["proof.done"].startswith(f"{RECORD}: {say(Outcome.OVERWRITTEN, Language.EN)}, ")


def test_every_bit_of_a_proof_counts(handed):
    path = handed / "proof.json"
    good = path.read_bytes()
    manifest = (handed / "manifest.json").read_bytes()
    leaves = json.loads(manifest)["leaves"]
    for bit in range(len(good) * 8):
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        proof = Proof.of(bytes(data))
        holds = (
            proof is not None
            and proof.roots == (leaves["planned"], leaves["done"])
            and proof.size == leaves["count"]
            and proof.manifest == hashlib.sha256(manifest).digest()
            and proof.certificate == json.loads(manifest)["machine_id"]
        )
        assert not holds, bit
        if bit % 97 == 0:
            path.write_bytes(data)
            assert not verify(path).valid, bit


def test_a_result_on_no_signed_list_is_no_proof(handed, small):
    """Another fate, another outcome: the way leads elsewhere."""
    path = handed / "proof.json"
    good = json.loads(path.read_bytes())
    for name, value in (("fate", "leave"), ("outcome", "Outcome.proven"), ("index", 0), ("size", 4)):
        proof = Proof.of(json.dumps({**good, name: value}, separators=(",", ":"), sort_keys=True).encode())
        assert proof is not None
        path.write_bytes(proof.written())
        assert verify(path).status is Standing.ALTERED


def test_the_checker_needs_nothing_but_python(handed, small):
    text = (small / CHECKER).read_text()
    assert len(text.splitlines()) < 150
    for name in (CHECKER, "certificate.pdf", "inventory.csv", "manifest.dsse.json"):
        shutil.copy(small / name, handed)
    done = check(handed, handed / "proof.json")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in (
        "manifest.json",
        "inventory.csv",
        "certificate.pdf",
        "planned",
        "done",
        "openssl cms -verify",
    ):
        assert name in done.stdout
    assert check(handed).returncode == 0
    nothing = check(handed, handed / "none.json")
    assert nothing.returncode == 1
    assert "Traceback" not in nothing.stderr


def test_what_the_checker_tells_to_run_runs(handed, small):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    shutil.copy(small / CHECKER, handed)
    lines = [line.strip() for line in check(handed).stdout.splitlines()]
    command = next(line for line in lines if line.startswith("openssl cms"))
    assert subprocess.run(command.split(), cwd=handed, capture_output=True, check=False).returncode == 0
    assert (handed / "verified.json").read_bytes() == (handed / "manifest.json").read_bytes()
    (handed / "manifest.json").write_bytes((handed / "manifest.json").read_bytes().replace(b"1", b"2", 1))
    assert subprocess.run(command.split(), cwd=handed, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize(
    "name", ["proof.json", "manifest.json", "inventory.csv", "certificate.pdf", "manifest.dsse.json"]
)
def test_the_checker_sees_what_was_changed(handed, small, name):
    for one in (CHECKER, "certificate.pdf", "inventory.csv", "manifest.dsse.json"):
        shutil.copy(small / one, handed)
    good = (handed / name).read_bytes()
    for at in (len(good) // 7, len(good) // 2, len(good) - 3):
        data = bytearray(good)
        data[at] ^= 1
        (handed / name).write_bytes(data)
        done = check(handed, handed / "proof.json")
        if name == "manifest.dsse.json" and done.returncode == 0:
            # Its signatures need more than Python's own library.
            assert not verify(handed / name).valid
            continue
        assert done.returncode == 1, (at, done.stdout)
        assert "Traceback" not in done.stderr


def test_the_checker_catches_every_bit_of_a_proof(handed, small):
    """In one process, for it is a matter of the check and not of starting Python."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("check_certificate", small / CHECKER)
    checker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(checker)
    data = (handed / "manifest.json").read_bytes()
    manifest, good = json.loads(data), (handed / "proof.json").read_bytes()
    checker.say = lambda ok, text: checker.wrong.append(text) if not ok else None
    checker.check_proof(good, data, manifest)
    assert checker.wrong == []
    for bit in range(len(good) * 8):
        proof = bytearray(good)
        proof[bit // 8] ^= 1 << bit % 8
        checker.wrong.clear()
        try:
            checker.check_proof(bytes(proof), data, manifest)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        assert checker.wrong, bit
