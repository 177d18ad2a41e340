"""fscrypt on a real ext4 with encryption: the folder stays locked, and its own tool says so."""

import os
import shutil
import subprocess
from dataclasses import replace

import key_stores as stores
import pytest

from app.domain.case import KeySource
from app.domain.outcome import KeyOutcome, Reason
from app.domain.plan import Plan
from app.identity import sign_plan
from app.steps.shred import Grounds, inspect

GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)
TEXT = b"the customers' data\n" * 200


class Volume:
    """An ext4 volume on an image of our own, with one encrypted folder."""

    def __init__(self, folder):
        self.image, self.place, self.etc = folder / "image", folder / "mnt", folder / "etc"
        self.vault = self.place / "vault"

    def tool(self, *command, passphrase=stores.PASSPHRASE):
        """Run fscrypt in a mount namespace of its own: it reads its settings from /etc alone."""
        script = f'mount --bind "{self.etc}" /etc && exec "$@"'
        return subprocess.run(
            ["unshare", "-m", "sh", "-c", script, "sh", "fscrypt", *map(str, command), "--quiet"],
            input=f"{passphrase}\n", text=True, capture_output=True, timeout=60, check=False,
        )  # fmt: skip

    def opens(self):
        self.tool("lock", self.vault)
        done = self.tool("unlock", self.vault)
        return done.returncode == 0 and (self.vault / "customers.csv").read_bytes() == TEXT

    @property
    def files(self):
        base = self.place / ".fscrypt"
        return sorted((base / "policies").iterdir()) + sorted((base / "protectors").iterdir())


@pytest.fixture
def volume(tmp_path):
    stores.need("fscrypt", "mkfs.ext4", "unshare", "losetup")
    if os.geteuid():
        pytest.skip("needs root to mount an image")
    made = Volume(tmp_path)
    made.place.mkdir()
    made.etc.mkdir()
    for name in ("passwd", "group", "nsswitch.conf", "ld.so.cache", "pam.conf"):
        if os.path.exists(f"/etc/{name}"):
            shutil.copy(f"/etc/{name}", made.etc / name)
    (made.etc / "fscrypt.conf").write_text(
        '{"source": "custom_passphrase", "hash_costs": {"time": "1", "memory": "1024", "parallelism": "1",'
        ' "truncation_fixed": true}, "options": {"padding": "32", "contents": "AES_256_XTS",'
        ' "filenames": "AES_256_CTS", "policy_version": "2"}, "use_fs_keyring_for_v1_policies": false,'
        ' "allow_cross_user_metadata": false}'
    )
    with made.image.open("wb") as file:
        file.truncate(48 << 20)
    stores.do("mkfs.ext4", "-q", "-O", "encrypt", made.image)
    if not stores.works("mount", "-o", "loop", made.image, made.place):
        pytest.skip("this kernel can't mount an ext4 with encryption")
    try:
        done = made.tool("setup", made.place)
        assert done.returncode == 0, done.stderr
        made.vault.mkdir()
        done = made.tool("encrypt", made.vault, "--source=custom_passphrase", "--name=office")
        if done.returncode:
            pytest.skip(f"this kernel does not encrypt folders: {done.stderr.strip()}")
        (made.vault / "customers.csv").write_bytes(TEXT)
        yield made
    finally:
        subprocess.run(["umount", made.place], check=True)


@pytest.fixture
def whole(volume, bench, people):
    """A signed plan over every protector and policy of the volume."""
    source = [KeySource("fscrypt", volume.place)]
    keys = list(inspect(source, key=b"k", passphrase=lambda _: stores.PASSPHRASE))
    bed = bench(*((key.path, "fscrypt") for key in keys), passphrase=stores.PASSPHRASE)
    items = tuple(
        replace(item, stamp=key.stamp, sha256=key.sha256)
        for item, key in zip(bed.plan.plan.items, keys, strict=True)
    )
    plan = Plan("2026-001", "2026-11-21T20:00:00Z", "cn-1", bed.plan.plan.profile, items)
    bed.plan = sign_plan(plan, people, "2026-11-21T20:00:00Z")
    return bed, keys


def test_the_folder_is_locked_for_good_and_no_wrap_is_left_on_the_device(volume, whole):
    bed, keys = whole
    assert volume.opens()
    assert sorted(key.algorithm for key in keys) == [
        "fscrypt policy AES-256",
        "fscrypt protector AES-256-CTR HMAC-SHA256",
    ]
    wraps = [path.read_bytes() for path in volume.files]
    subprocess.run(["sync", "-f", volume.place], check=True)
    raw = volume.image.read_bytes()
    assert all(wrap in raw for wrap in wraps), "the search itself must find what is there"
    # It is unlocked: the key is in the kernel until the shredding takes it out.
    settled = bed.run()
    assert {one.outcome for one in settled.values()} <= set(GOOD), settled
    assert not (volume.vault / "customers.csv").exists()
    assert not volume.opens()
    assert not volume.files
    subprocess.run(["sync", "-f", volume.place], check=True)
    raw = volume.image.read_bytes()
    assert not any(wrap[at : at + 16] in raw for wrap in wraps for at in range(40, len(wrap) - 16, 16))


def test_restored_metadata_opens_it_again_and_the_verdict_knew(volume, whole, tmp_path):
    bed, _ = whole
    far = tmp_path / "far"
    shutil.copytree(volume.place / ".fscrypt", far / "old")
    bed.more = {"grounds": Grounds(places=(str(far),))}
    settled = bed.run()
    assert {one.outcome for one in settled.values()} == {KeyOutcome.ACCESS_REMOVED}
    assert all(Reason.COPIES_REMAIN in one.evidence.limits for one in settled.values())
    assert not volume.opens()
    for kind in ("policies", "protectors"):
        for path in (far / "old" / kind).iterdir():
            shutil.copy(path, volume.place / ".fscrypt" / kind)
    assert volume.opens()


def test_a_file_that_is_still_open_is_said(volume, whole):
    bed, keys = whole
    with (volume.vault / "customers.csv").open("rb"):
        settled = bed.run()
    policy = next(f"k-{n}" for n, key in enumerate(keys) if "policies" in key.path)
    assert Reason.OPEN_ELSEWHERE in settled[policy].evidence.limits
    assert settled[policy].outcome is KeyOutcome.ACCESS_REMOVED


def test_a_wrong_passphrase_proves_nothing(volume, whole):
    bed, _ = whole
    bed.passphrases = dict.fromkeys(bed.passphrases, "no")
    settled = bed.run()
    assert {one.outcome for one in settled.values()} == {KeyOutcome.ACCESS_REMOVED}
    assert all(Reason.WRONG_PASSPHRASE in one.evidence.limits for one in settled.values())
    assert not volume.opens()


def test_protectors_of_other_volumes_are_no_keys_of_this_one(volume):
    (volume.place / ".fscrypt/protectors/0123456789abcdef.link").write_text("UUID=x")
    keys = list(inspect([KeySource("fscrypt", volume.place)], key=b"k", passphrase=lambda _: ""))
    assert len(keys) == 2
    assert {key.algorithm for key in keys} == {"unknown"}
