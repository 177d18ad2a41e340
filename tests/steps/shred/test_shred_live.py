"""A store that is open without a handle on its key file: its mount is ended first, or the verdict knows."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import key_stores as stores
import pytest
from key_stores import PASSPHRASE, need

from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred.kinds import live

GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)


@contextmanager
def shown(folder):
    """A gocryptfs folder that is mounted, with a file in it."""
    need("fusermount3")
    store, at = stores.Gocryptfs.make(folder), folder / "shown"
    at.mkdir()
    done = subprocess.run(
        ["gocryptfs", "-q", "-passfile", folder / "secret", store.path.parent, at],
        capture_output=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"gocryptfs can't be mounted here: {done.stderr.decode().strip()}")
    try:
        (at / "客户.csv").write_text("张三", encoding="utf-8")
        yield store, at
    finally:
        subprocess.run(["fusermount3", "-u", "-z", at], capture_output=True, timeout=60, check=False)


@pytest.fixture
def mounted(tmp_path):
    with shown(tmp_path) as made:
        yield made


def test_a_mount_of_another_folder_stays_and_is_no_doubt(planned, mounted, tmp_path):
    store, at = mounted
    (tmp_path / "other").mkdir()
    with shown(tmp_path / "other") as (_, other):
        settled = planned(store).run()["k-0"]
        assert settled.outcome in GOOD, settled
        assert not os.path.ismount(at)
        assert (other / "客户.csv").read_text(encoding="utf-8") == "张三"


def test_a_mount_is_ended_first(planned, mounted):
    store, at = mounted
    settled = planned(store).run()["k-0"]
    assert not os.path.ismount(at)
    assert settled.outcome in GOOD, settled
    assert "C8=seen" in dict(settled.evidence.facts)["conditions"]


def test_a_mount_in_use_stays_and_the_verdict_knows(planned, mounted):
    store, at = mounted
    with (at / "客户.csv").open(encoding="utf-8") as file:
        settled = planned(store).run()["k-0"]
        assert file.read() == "张三"
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.OPEN_ELSEWHERE in settled.evidence.limits
    assert "C8=open" in dict(settled.evidence.facts)["conditions"]


def asked_apart(script, *arguments):
    """Run a script where no other test sees its mounts and processes; skip where that may not be."""
    apart = ["unshare", "-m", "-p", "-f", "--mount-proc"]
    may = subprocess.run([*apart, "true"], capture_output=True, text=True, timeout=60, check=False)
    if may.returncode:
        pytest.skip(f"can't be set apart here: {may.stderr.strip()}")
    command = [*apart, "sh", "-ec", script, "sh", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    return done.stdout.split()


ASK = f"{sys.executable} -c 'import sys; from app.steps.shred.kinds import KINDS; print(KINDS[sys.argv[1]].quiet(sys.argv[2]))'"


def test_a_mount_with_the_file_elsewhere_may_be_of_this_key(tmp_path):
    store, shown = stores.Gocryptfs.make(tmp_path), tmp_path / "shown"
    shown.mkdir()
    elsewhere = tmp_path / "gocryptfs.conf"
    script = f'''gocryptfs -q -passfile "$1" "$2" "$3"; {ASK} gocryptfs "$4"
    mv "$2/gocryptfs.conf" "$4"; {ASK} gocryptfs "$4"'''
    told = asked_apart(script, tmp_path / "secret", store.path.parent, shown, elsewhere)
    assert told == ["True", "False"]


def test_a_mounted_repository_holds_its_key(planned, tmp_path):
    store, at = stores.Restic.make(tmp_path), tmp_path / "shown"
    at.mkdir()
    repository = store.path.parent.parent
    command = ["restic", "--no-cache", "-r", repository, "mount", at]
    with subprocess.Popen(
        command,
        env=os.environ | {"RESTIC_PASSWORD": PASSPHRASE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        try:
            until = time.monotonic() + 60
            while not os.path.ismount(at) and program.poll() is None and time.monotonic() < until:
                time.sleep(0.1)
            if program.poll() is not None:
                pytest.skip(f"restic can't mount here: {program.stderr.read().decode().strip()}")
            settled = planned(store).run()["k-0"]
            assert (at / "snapshots").exists()
        finally:
            program.terminate()
            subprocess.run(["fusermount3", "-u", "-z", at], capture_output=True, timeout=60, check=False)
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.OPEN_ELSEWHERE in settled.evidence.limits


def test_another_repository_that_is_mounted_holds_another_key():
    command = ["/usr/bin/restic", "-r", "/srv/other", "mount", "/mnt"]
    assert not live._may_have(command, "", "/srv/ours")
    assert not live._may_have(["restic", "mount", "/mnt"], "/srv/other", "/srv/ours")
    assert live._may_have(["restic", "mount", "/mnt"], "", "/srv/ours")
    assert live._may_have(["restic", "--repo=/srv/ours", "mount", "/mnt"], "/srv/other", "/srv/ours")
    assert live._may_have(["restic", "-r", "/srv/ours", "backup", "/home"], "", "/srv/ours")
    assert live._may_have(["restic", "backup", "/home"], "/srv/ours", "/srv/ours")
    assert not live._may_have(["restic", "version"], "", "/srv/ours")


def test_an_unlocked_vault_is_seen(tmp_path):
    script = f"""{ASK} cryptomator any; ln -s /bin/sleep "$1"; "$1" 60 & {ASK} cryptomator any"""
    assert asked_apart(script, tmp_path / "cryptomator") == ["True", "False"]


def test_a_vault_that_is_shown_as_a_folder_is_seen(tmp_path):
    script = (
        f"""mount -t tmpfs cryptomatorFs "$1"; {ASK} cryptomator any; umount "$1"; {ASK} cryptomator any"""
    )
    assert asked_apart(script, tmp_path) == ["False", "True"]


@pytest.mark.parametrize(("algorithm", "strong"), [("RSA-1024", "open"), ("RSA-3072", "met")])
def test_strength_is_of_the_algorithm_and_nobody_saw_the_key_drawn(planned, tmp_path, algorithm, strong):
    key, bits = tmp_path / "key.pem", algorithm.partition("-")[2]
    stores.do("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}", "-out", key)
    settled = planned(stores.KeyStore("pem", key, "")).run()["k-0"]
    assert {f"C2={strong}", "C3=open"} <= set(dict(settled.evidence.facts)["conditions"].split())
