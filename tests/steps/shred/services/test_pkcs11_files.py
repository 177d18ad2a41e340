"""The files of a token that are not what they were: moved, replaced, linked, not to be written."""

import contextlib
import shutil
import subprocess

import pytest
from pkcs11_token import MODULE, drop, facts, source

from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred.services import softhsm
from app.system.disk import Disk

pkcs11 = pytest.importorskip("pkcs11")


def test_leftovers_beside_the_token_are_passed_over(token, label, counter):
    """A folder without a token, a file that is too big to be an object, one that ends before its label."""
    path = token.file_of(label, "aes")
    left, big, cut = token.folder / "0-left-over", path.with_name("0.object"), path.with_name("1.object")
    left.mkdir()
    big.write_bytes(bytes(2 << 20))
    cut.write_bytes(path.read_bytes()[:80])
    try:
        (settled,) = counter(source(label), secret="1234").run()
    finally:
        left.rmdir()
        big.unlink()
        cut.unlink()
    assert facts(settled)["probes"] == "find=gone file=gone canary=gone"
    assert not path.exists()


def folder(path):
    path.mkdir()


def strangers(path):
    path.write_bytes(b"not a key of ours" * 64)


@pytest.mark.parametrize("lay", [folder, strangers])
def test_what_took_the_place_of_the_file_is_left_alone_and_the_key_not_called_gone(
    token, label, counter, lay
):
    path = token.file_of(label, "aes")
    bed = counter(source(label), secret="1234")
    bed.stop_at("canary")
    drop(label)
    lay(path)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert Reason.NAME_REMAINS in settled.evidence.limits
    assert facts(settled)["probes"] == "find=gone file=there canary=gone"
    assert path.is_dir() or path.read_bytes() == b"not a key of ours" * 64
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_a_file_under_another_name_by_now_was_not_overwritten_and_that_is_told(token, label, counter):
    path = token.file_of(label, "aes")
    bed = counter(source(label), secret="1234")
    bed.stop_at("canary")
    for suffix in (".object", ".lock"):
        path.with_suffix(suffix).rename(path.with_name(f"moved{suffix}"))
    pkcs11.lib(str(MODULE)).reinitialize()
    (settled,) = bed.run()
    assert {Reason.STORE_WORD, Reason.UNKNOWN_MEDIUM} <= set(settled.evidence.limits)
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert not token.has(label)


def test_another_keys_file_at_the_place_is_not_overwritten(token, label, counter):
    path, other = token.file_of(label, "aes"), token.file_of(f"{label}-other", "aes")
    bed = counter(source(label), secret="1234")
    bed.stop_at("canary")
    body = other.read_bytes()
    for suffix in (".object", ".lock"):
        path.with_suffix(suffix).rename(path.with_name(f"aside{suffix}"))
        other.with_suffix(suffix).rename(path.with_suffix(suffix))
    pkcs11.lib(str(MODULE)).reinitialize()
    (settled,) = bed.run()
    assert path.read_bytes() == body
    assert token.has(f"{label}-other")
    assert settled.outcome is KeyOutcome.FAILED
    assert {Reason.NAME_REMAINS, Reason.STORE_WORD} <= set(settled.evidence.limits)
    assert not token.has(label)


@contextlib.contextmanager
def flagged(flag, path):
    if subprocess.run(["chattr", f"+{flag}", path], capture_output=True, check=False).returncode:
        pytest.skip(f"chattr +{flag} does not work here")
    try:
        yield
    finally:
        subprocess.run(["chattr", f"-{flag}", path], check=True)


def test_a_name_that_can_not_be_taken_away_is_told(token, label, counter):
    """A folder to which names may only be added; the bytes are overwritten all the same."""
    path = token.file_of(label, "aes")
    bed = counter(source(label), secret="1234")
    with flagged("a", path.parent):
        (settled,) = bed.run()
    assert Reason.NAME_REMAINS in settled.evidence.limits
    assert facts(settled)["probes"] == "find=gone file=gone canary=gone"
    assert not any(path.read_bytes())
    path.unlink()


def test_a_file_that_can_not_be_written_keeps_its_key(token, label, counter):
    path = token.file_of(label, "aes")
    bed = counter(source(label), secret="1234")
    with flagged("i", path):
        (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.DENIED
    assert token.has(label)


def test_a_link_at_the_place_of_the_file_is_not_followed(token, label, counter, tmp_path):
    path = token.file_of(label, "aes")
    bed = counter(source(label), secret="1234")
    path.rename(tmp_path / "aside")
    path.symlink_to(tmp_path / "aside")
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.IO_ERROR
    assert any((tmp_path / "aside").read_bytes())


class Deaf(Disk):
    """A disk that answers writes and forgets them."""

    def overwrite(self, fd, offset, data):
        return


def test_a_disk_that_forgets_is_found_out_before_the_token_is_told(token, label, counter, monkeypatch):
    path = token.file_of(label, "aes")
    bed = counter(source(label), secret="1234")
    monkeypatch.setattr(softhsm, "this_disk", Deaf)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.READ_BACK_DIFFERS
    assert any(path.read_bytes())
    assert token.has(label)


@pytest.mark.parametrize("destroy", [softhsm.overwritten, softhsm.removed])
def test_without_leave_no_file_is_touched(tmp_path, destroy):
    path = tmp_path / "x.object"
    path.write_bytes(bytes(64))
    with pytest.raises(TypeError):
        destroy(path, None)
    assert path.read_bytes() == bytes(64)
