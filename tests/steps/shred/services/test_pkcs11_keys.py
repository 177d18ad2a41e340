"""Keys on a SoftHSM token, asked by SoftHSM's own tool and by a restored object file."""

import os
import shutil
import zipfile

import pytest
from pkcs11_token import MODULE, drop, facts, source

from app.domain.case import ServiceKey
from app.domain.event import CopyFound
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.language import Language, explain
from app.steps.shred.hunt import Grounds
from app.steps.shred.services.asking import foreask, inquire
from tests.in_time import ends_by_itself

pytest.importorskip("pkcs11")
GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)


@pytest.mark.parametrize("kind", ["aes", "rsa", "ec"])
def test_a_key_goes_and_its_bytes_with_it(token, label, counter, kind):
    before = set(token.objects())
    token.make(label, kind)
    new = {path: body for path, body in token.objects().items() if path not in before}
    assert token.has(label)
    (settled,) = counter(source(label), secret="1234").run()
    assert not token.has(label)
    assert settled.outcome in GOOD, settled
    assert Reason.STORE_WORD not in settled.evidence.limits
    told = facts(settled)
    assert told["probes"] == "find=gone file=gone canary=gone"
    assert told["sha256_read_back"]
    assert told["stale_handle"] is False
    assert {"C9=met", "C10=met", "C11=met"} <= set(told["conditions"].split())
    gone = [path for path in new if not path.exists()]
    # The public half of a pair is no secret and stays.
    assert len(gone) == 1
    assert not gone[0].with_suffix(".lock").exists() or gone[0].with_suffix(".lock").stat().st_size == 0


def test_the_object_file_is_overwritten_where_it_lies(token, label, counter):
    before = set(token.objects())
    token.make(label, "aes")
    (path,) = set(token.objects()) - before
    held = os.open(path, os.O_RDONLY)
    try:
        counter(source(label), secret="1234").run()
        assert not any(os.pread(held, 1 << 20, 0))
    finally:
        os.close(held)


def test_a_restored_object_file_brings_it_back_and_the_verdict_knew(token, label, counter, tmp_path):
    before = set(token.objects())
    token.make(label, "aes")
    (path,) = set(token.objects()) - before
    copy = tmp_path / "hidden" / "old.bin"
    copy.parent.mkdir()
    shutil.copyfile(path, copy)
    (settled,) = counter(source(label, copies=(copy.parent,)), secret="1234").run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in settled.evidence.limits
    assert facts(settled)["copies_found"] == 1
    assert not token.has(label)
    shutil.copyfile(copy, path)
    assert token.has(label)


def test_a_zipped_object_file_is_found_where_the_case_looks_and_brings_it_back(
    token, label, counter, tmp_path
):
    """In a location of the case, that the key itself does not name."""
    before = set(token.objects())
    token.make(label, "aes")
    (path,) = set(token.objects()) - before
    place = tmp_path / "customers"
    place.mkdir()
    with zipfile.ZipFile(place / "tokens.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(path, "x.object")
    (place / "locked.rar").write_bytes(b"Rar!\x1a\x07\x01\0" + b"x" * 64)
    bed = counter(source(label), secret="1234")
    bed.grounds = Grounds(places=(str(place),), key=b"\1" * 32)
    events = list(bed.events())
    settled = events[-2]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert {Reason.COPIES_REMAIN, Reason.PLACES_UNSEEN} <= set(settled.evidence.limits)
    (found,) = (event.copy for event in events if isinstance(event, CopyFound))
    assert (found.path, found.member) == (str(place / "tokens.zip"), "x.object")
    assert facts(settled)["copies_at"] == found.id
    assert facts(settled)["places_unseen"] == 1
    assert "C4=open" in facts(settled)["conditions"].split()
    assert not token.has(label)
    with zipfile.ZipFile(place / "tokens.zip") as packed:
        path.write_bytes(packed.read("x.object"))
    assert token.has(label)


def test_a_place_that_is_not_there_is_told(token, label, counter, tmp_path):
    token.make(label, "aes")
    (settled,) = counter(source(label, copies=(tmp_path / "nowhere",)), secret="1234").run()
    assert Reason.PLACES_UNSEEN in settled.evidence.limits


def test_a_copy_beside_the_token_is_found_without_being_told(token, label, counter):
    before = set(token.objects())
    token.make(label, "rsa")
    mine = list(set(token.objects()) - before)
    for path in mine:
        shutil.copyfile(path, path.with_name(f"{path.name}.bak"))
    (settled,) = counter(source(label), secret="1234").run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert facts(settled)["copies_found"] == 1


def test_a_copy_that_nobody_saw_is_why_it_is_not_the_top_rung(token, label, counter, tmp_path):
    before = set(token.objects())
    token.make(label, "aes")
    (path,) = set(token.objects()) - before
    shutil.copyfile(path, tmp_path / "unseen")
    (settled,) = counter(source(label), secret="1234").run()
    seen = "C7=met" in facts(settled)["conditions"].split()
    assert settled.outcome is (KeyOutcome.KEY_DESTROYED_HERE if seen else KeyOutcome.MEDIUM_RESIDUE)
    assert {Reason.COPIES_DECLARED_ONLY, Reason.ESCROW_UNKNOWN} <= set(settled.evidence.limits)
    shutil.copyfile(tmp_path / "unseen", path)
    assert token.has(label)


def test_a_key_that_could_leave_the_token_is_said_to(token, label, counter):
    token.make(label, "aes-out")
    (settled,) = counter(source(label), secret="1234").run()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert Reason.EXPORTABLE in settled.evidence.limits
    assert facts(settled)["extractable"] is True


def test_another_of_the_same_name_is_not_taken(token, label):
    token.make(label, "aes")
    token.make(label, "rsa")
    with pytest.raises(Refused) as refused:
        list(inquire([source(label)], key=b"k" * 32, passphrase=lambda _: "1234"))
    assert refused.value.fault is Fault.KEY_NOT_IN_STORE
    assert token.has(label)


@pytest.mark.parametrize("kind", ["aes", "rsa", "ec"])
def test_a_key_that_took_its_place_is_not_the_signed_one(token, label, counter, kind):
    token.make(label, kind)
    bed = counter(source(label), secret="1234")
    drop(label)
    token.make(label, kind)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.REPLACED
    assert token.has(label)


def test_a_private_half_beside_the_old_public_one_is_not_the_signed_one(token, label, counter):
    token.make(label, "ec")
    bed = counter(source(label), secret="1234")
    drop(label, "PRIVATE_KEY")
    token.make(label, "ec")
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.REPLACED
    assert token.has(label)


def test_a_private_half_of_which_nothing_tells_is_refused(token, label):
    token.make(label, "ec")
    drop(label, "PUBLIC_KEY")
    with pytest.raises(Refused) as refused:
        list(inquire([source(label)], key=b"k" * 32, passphrase=lambda _: "1234"))
    assert refused.value.fault is Fault.KEY_STORE_DENIED
    assert token.has(label)


def test_a_wrong_pin_is_said(token, label):
    token.make(label, "aes")
    with pytest.raises(Refused) as refused:
        list(inquire([source(label)], key=b"k" * 32, passphrase=lambda _: "4321"))
    assert refused.value.fault is Fault.WRONG_PASSPHRASE


@pytest.mark.parametrize("name", ["pkcs11:token=none;object=x", "pkcs11:token=crm;object=none", "nonsense"])
def test_what_is_not_there_is_said(token, name):
    one = ServiceKey("pkcs11", name, module=MODULE)
    with pytest.raises(Refused) as refused:
        list(inquire([one], key=b"k" * 32, passphrase=lambda _: "1234"))
    assert refused.value.fault in (Fault.KEY_NOT_IN_STORE, Fault.KEY_STORE_SILENT)


def test_a_library_that_is_none_is_said(tmp_path):
    one = ServiceKey("pkcs11", "pkcs11:token=a;object=b", module=tmp_path / "no.so")
    with pytest.raises(Refused) as refused:
        list(inquire([one], key=b"k" * 32, passphrase=lambda _: "1234"))
    assert refused.value.fault is Fault.KEY_STORE_SILENT


@pytest.mark.parametrize("where", ["AT_LOAD", "AT_LIST", "AT_CRASH", "AT_INITIALIZE", "AT_SLOTS"])
def test_a_module_that_hangs_or_crashes_ends_in_a_sentence_within_its_time(hanging_module, where):
    """A real library, in which one call never comes back. To load one stops every thread of a program."""
    one = ServiceKey("pkcs11", "pkcs11:token=a;object=b", module=hanging_module(where), timeout=2)
    with ends_by_itself(), pytest.raises(Refused) as refused:
        list(inquire([one], key=b"k" * 32, passphrase=lambda _: "1234"))
    assert refused.value.fault is Fault.KEY_STORE_SILENT
    assert refused.value.detail == "2 s"
    for language in Language:
        said = explain(refused.value, language)
        assert "2 s" in said
        assert "pkcs11:token=a;object=b" in said


@pytest.mark.parametrize("what", ["canary", "overwritten", "called"])
def test_killed_on_the_way_it_goes_on(token, label, counter, what):
    before = set(token.objects())
    token.make(label, "aes")
    (path,) = set(token.objects()) - before
    bed = counter(source(label), secret="1234")
    bed.stop_at("canary" if what == "overwritten" else what)
    if what == "overwritten":
        # As a kill between the overwriting and the call leaves it.
        path.write_bytes(bytes(path.stat().st_size))
    (settled,) = bed.run()
    assert not token.has(label)
    assert not path.exists()
    assert settled.outcome in GOOD, settled
    assert facts(settled)["probes"] == "find=gone file=gone canary=gone"


def test_the_dry_run_names_the_file_and_changes_nothing(token, label):
    token.make(label, "aes")
    told = foreask(source(label), "1234")
    assert told.calls[0].startswith("overwrite ")
    assert told.calls[-2:] == ("C_DestroyObject", "unlink")
    assert token.has(label)
