"""GnuPG: a whole home goes key by key; gpg itself says that there is no secret key any more."""

import shutil
import subprocess
from dataclasses import replace

import key_stores as stores
import pytest

from app.domain.case import KeySource
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.domain.plan import Plan
from app.identity import sign_plan
from app.steps.shred import Foreseen, Grounds, foresee, inspect
from app.steps.shred.kinds.sexp import canonical, parse
from tests.in_time import ends_by_itself, soon

GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)


@pytest.fixture
def store(tmp_path):
    made = stores.Gnupg.make(tmp_path)
    yield made
    stores.works("gpgconf", "--homedir", tmp_path / "h", "--kill", "gpg-agent")


@pytest.fixture
def whole(store, bench, people):
    """A signed plan over every key file of the home."""
    keys = list(inspect([KeySource("gnupg", store.home)], key=b"k", passphrase=lambda _: stores.PASSPHRASE))
    bed = bench(*((key.path, "gnupg") for key in keys), passphrase=stores.PASSPHRASE)
    items = tuple(
        replace(item, stamp=key.stamp, sha256=key.sha256)
        for item, key in zip(bed.plan.plan.items, keys, strict=True)
    )
    plan = Plan("2026-001", "2026-11-21T20:00:00Z", "cn-1", bed.plan.plan.profile, items)
    bed.plan = sign_plan(plan, people, "2026-11-21T20:00:00Z")
    return bed, keys


def said(store, *command):
    loopback = ["--pinentry-mode", "loopback", "--passphrase", stores.PASSPHRASE]
    done = subprocess.run(
        ["gpg", "--homedir", str(store.home), "--batch", *loopback, *map(str, command)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


def test_a_home_is_its_keys_subkeys_and_revocations_and_the_public_ring_stays(store, whole):
    bed, keys = whole
    assert [key.algorithm for key in keys] == [
        *sorted(["Ed25519", "X25519"], key=[key.algorithm for key in keys].index),
        "OpenPGP revocation certificate",
    ]
    home = store.home
    ring = (home / "pubring.kbx").read_bytes()
    assert store.opens()
    settled = bed.run()
    assert {one.outcome for one in settled.values()} <= set(GOOD), settled
    assert not any((home / "private-keys-v1.d").iterdir())
    assert not any((home / "openpgp-revocs.d").iterdir())
    assert (home / "pubring.kbx").read_bytes() == ring
    code, words = said(store, "-d", home.parent / "sealed")
    assert code != 0
    assert "No secret key" in words
    listed = subprocess.run(["gpg", "--homedir", home, "-K"], capture_output=True, text=True, check=True)
    assert listed.stdout == ""
    assert (
        "a@example.org"
        in subprocess.run(["gpg", "--homedir", home, "-k"], capture_output=True, text=True, check=True).stdout
    )


def test_the_agent_is_ended_first(store, planned):
    assert stores.works("gpg-connect-agent", "--homedir", store.home, "--no-autostart", "/bye")
    assert stores.works("gpg-connect-agent", "--homedir", store.home, "KEYINFO --list", "/bye")
    running = ["gpg-connect-agent", "--homedir", str(store.home), "--no-autostart", "GETINFO pid", "/bye"]
    assert "OK" in subprocess.run(running, capture_output=True, text=True, check=False).stdout
    settled = planned(store).run()["k-0"]
    assert soon(
        lambda: "OK" not in subprocess.run(running, capture_output=True, text=True, check=False).stdout
    )
    assert Reason.OPEN_ELSEWHERE not in settled.evidence.limits


def test_the_stores_own_delete_is_called_last_and_its_word_is_evidence(store, planned):
    settled = planned(store).run()["k-0"]
    assert dict(settled.evidence.facts)["store_says"] == "gone"
    alone = ["gpg-connect-agent", "--homedir", str(store.home), "--no-autostart"]
    running = [*alone, "GETINFO pid", "/bye"]  # the agent that was asked is ended again
    assert soon(
        lambda: "OK" not in subprocess.run(running, capture_output=True, text=True, check=False).stdout
    )
    asked = ["gpg-connect-agent", "--homedir", str(store.home), f"KEYINFO {store.path.stem}", "/bye"]
    assert "KEYINFO" not in subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def test_a_key_that_the_store_still_has_is_open_elsewhere(store, planned, monkeypatch):
    """The agent finds the key by its grip in another file of the home by the time it is asked."""
    from app.steps.shred.kinds import gnupg_home

    copy, ask = store.path.read_bytes(), gnupg_home._said

    def put_back(*command):
        if "KEYINFO" in " ".join(command):
            told = ask(*command)
            store.path.write_bytes(copy)
            more = ask(*(one for one in command if not one.startswith("DELETE_KEY")))
            return f"{told}{more}"
        return ask(*command)

    monkeypatch.setattr(gnupg_home, "_said", put_back)
    settled = planned(store).run()["k-0"]
    assert dict(settled.evidence.facts)["store_says"] == "stands"
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.OPEN_ELSEWHERE in settled.evidence.limits


def test_an_agent_that_does_not_answer_ends_in_its_time_and_is_no_evidence(store, planned, monkeypatch):
    from app.steps.shred.kinds import gnupg_home

    tools = store.home.parent / "tools"
    tools.mkdir()
    (tools / "gpg-connect-agent").write_text("#!/bin/sh\nexec sleep 600\n")
    (tools / "gpg-connect-agent").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    monkeypatch.setattr(gnupg_home, "_PATIENCE", 5)
    with ends_by_itself():
        settled = planned(store).run()["k-0"]
    assert dict(settled.evidence.facts)["store_says"] == "not_asked"
    assert settled.outcome in GOOD


@pytest.mark.parametrize("armour", [[], ["--armor"]], ids=["gpg", "asc"])
@pytest.mark.parametrize("what", ["--export-secret-keys", "--export-secret-subkeys"])
def test_an_exported_secret_is_found_and_the_public_key_is_none(store, planned, tmp_path, armour, what):
    place = tmp_path / "place"
    place.mkdir()
    assert store.gpg(*armour, "-o", place / "SECRET.DAT", what, "a@example.org")
    assert store.gpg(*armour, "-o", place / "public", "--export", "a@example.org")
    bed = planned(store)
    bed.more = {"grounds": Grounds(places=(str(place),))}
    settled = bed.run()["k-0"]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in settled.evidence.limits
    assert dict(settled.evidence.facts)["copies_found"] == 1


def test_an_exported_secret_is_found_without_the_passphrase_too(store, planned, tmp_path):
    """The public half stands in the key file in clear, and before the secret in every export."""
    place = tmp_path / "place"
    place.mkdir()
    assert store.gpg("-o", place / "x", "--export-secret-keys", "a@example.org")
    bed = planned(store, passphrases=[""])
    bed.more = {"grounds": Grounds(places=(str(place),))}
    assert dict(bed.run()["k-0"].evidence.facts)["copies_found"] == 1


def test_a_restored_key_file_decrypts_again_and_the_verdict_knew(store, planned, tmp_path):
    (tmp_path / "far").mkdir()
    hidden = tmp_path / "far/old.bak"
    shutil.copyfile(store.path, hidden)
    bed = planned(store)
    bed.more = {"grounds": Grounds(places=(str(tmp_path / "far"),))}
    settled = bed.run()["k-0"]
    assert not store.opens()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    shutil.copyfile(hidden, store.path)
    assert store.opens()


def test_it_foresees_every_file_of_the_home_and_the_end_of_the_agent(store):
    told = [one for one in foresee([KeySource("gnupg", store.home)]) if isinstance(one, Foreseen)]
    assert len(told) == 3
    assert all(one.calls[0] == "end_sessions" for one in told)
    assert all(one.calls[-1] == "store_delete" for one in told)


def test_a_key_of_rsa_without_a_passphrase(store, planned):
    assert store.gpg("--quick-gen-key", "b@example.org", "rsa2048", "default", "never", passphrase="")
    new = max((store.home / "private-keys-v1.d").iterdir(), key=lambda one: one.stat().st_size)
    made = stores.Gnupg("gnupg", new)
    assert stores.described(made, passphrase="").algorithm == "RSA-2048"
    settled = planned(made, passphrases=[""]).run()["k-0"]
    assert settled.outcome in GOOD


def test_a_folder_without_keys_is_refused(tmp_path):
    with pytest.raises(Refused) as caught:
        next(inspect([KeySource("gnupg", tmp_path)], key=b"k", passphrase=lambda _: ""))
    assert caught.value.fault is Fault.CASE_FILE_WRONG_VALUE


def test_a_stub_of_a_card_holds_no_key(store, planned):
    store.path.write_bytes(b"(20:shadowed-private-key(3:rsa(1:n1:x)(1:e1:x)))")
    assert stores.described(store).algorithm == "unknown"
    assert planned(store).run()["k-0"].outcome is KeyOutcome.ACCESS_REMOVED


def test_both_forms_of_expressions_say_the_same():
    advanced = rb"""(a #00 4
      1# "x\n\x41\101\"" (b-c 3:(d))"""
    read = parse(advanced.replace(b"\\", b"\\") + b")")
    assert read == [b"a", b"\x00\x41", b'x\nAA"', [b"b-c", b"(d)"]]
    assert parse(canonical(read)) == read
    for broken in (b"", b"x", b"(", b"(a", b"5:abcde"):
        with pytest.raises(ValueError, match="no list"):
            parse(broken)
