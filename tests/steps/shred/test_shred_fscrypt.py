"""fscrypt on a real ext4 with encryption: the folder stays locked, and its own tool says so."""

import os
import shutil
import subprocess
from dataclasses import replace

import key_stores as stores
import pytest
from test_shred_new_passphrase import NEW
from test_shred_rewrapped import shredded
from test_shred_strangers import MASTER, shut, told

from app.domain.case import KeySource
from app.domain.outcome import KeyOutcome, Reason
from app.domain.plan import Plan
from app.identity import sign_plan
from app.steps.shred import Grounds, inspect
from app.steps.shred.kinds import KINDS, fscrypt, marks_of, open_keys
from app.steps.shred.kinds.contract import NotOpened, Rewrap, Store, store_over
from tests.in_time import computes_within

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
    def policies(self):
        return sorted((self.place / ".fscrypt/policies").iterdir())

    @property
    def protectors(self):
        return sorted((self.place / ".fscrypt/protectors").iterdir())

    @property
    def files(self):
        return self.policies + self.protectors

    def add(self, name, *more, passphrase=NEW):
        """Make one more protector and give its file."""
        known = set(self.protectors)
        done = self.tool(
            "metadata", "create", "protector", self.place, f"--name={name}", *more, passphrase=passphrase
        )
        assert done.returncode == 0, done.stderr
        return (set(self.protectors) - known).pop()

    def protect(self, own, other):
        """Wrap the key of the one folder for another protector too."""
        named = {"protector": other, "policy": self.policies[0], "unlock-with": own}
        given = [f"--{option}={self.place}:{file.name}" for option, file in named.items()]
        done = self.tool(
            "metadata", "add-protector-to-policy", *given, passphrase=f"{NEW}\n{stores.PASSPHRASE}"
        )
        assert done.returncode == 0, done.stderr


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


def opened(path, passphrase=stores.PASSPHRASE):
    """The one key of a file, or why it does not open."""
    data = path.read_bytes()
    try:
        (key,) = open_keys(KINDS["fscrypt"], Store(len(data), store_over(data).read, str(path)), passphrase)
    except NotOpened as told_of:
        return told_of.reason
    return key.fingerprint


def test_a_policy_opens_by_any_protector_that_is_here(volume):
    (policy,), (own,) = volume.policies, volume.protectors
    key = opened(policy)
    other = volume.add("second", "--source=custom_passphrase")
    volume.protect(own, other)
    assert [opened(policy, one) for one in (stores.PASSPHRASE, NEW, "no")] == [
        key,
        key,
        Reason.WRONG_PASSPHRASE,
    ]
    own.write_bytes(bytes(100))
    assert [opened(policy, one) for one in (stores.PASSPHRASE, NEW)] == [Reason.WRONG_PASSPHRASE, key]
    other.unlink()
    assert opened(policy) is Reason.UNREADABLE


def test_a_protector_of_a_raw_key_opens_by_no_passphrase(volume, tmp_path):
    (tmp_path / "raw").write_bytes(os.urandom(32))
    raw = volume.add("third", "--source=raw_key", f"--key={tmp_path / 'raw'}")
    assert opened(raw) is Reason.UNREADABLE


def test_metadata_from_before_is_known_whatever_its_passphrase_and_protectors(volume, tmp_path, bench):
    """The passphrase was changed, and the folder wrapped anew: no byte of the old wraps is in the new ones."""
    (policy,), (own,) = volume.policies, volume.protectors
    place = tmp_path / "place"
    shutil.copytree(volume.place / ".fscrypt", place)
    other = volume.add("second", "--source=custom_passphrase")
    volume.protect(own, other)
    given = f"{stores.PASSPHRASE}\n{NEW}"
    done = volume.tool(
        "metadata", "change-passphrase", f"--protector={volume.place}:{own.name}", passphrase=given
    )
    assert done.returncode == 0, done.stderr
    data = (place / "protectors" / own.name).read_bytes()
    stale = [f"--protector={volume.place}:{own.name}", f"--policy={volume.place}:{policy.name}", "--force"]
    done = volume.tool("metadata", "remove-protector-from-policy", *stale)
    assert done.returncode == 0, done.stderr
    data += (place / "policies" / policy.name).read_bytes()
    marks = [
        mark for path in (own, policy) for mark in marks_of(KINDS["fscrypt"], store_over(path.read_bytes()))
    ]
    assert not any(mark in data for mark in marks)
    volume.tool("lock", volume.vault)
    for path in (own, policy):
        settled, found = shredded(bench((path, "fscrypt"), passphrase=NEW), place)
        assert [os.path.relpath(one.path, place) for one in found] == [f"{path.parent.name}/{path.name}"]
        assert Reason.COPIES_REMAIN in settled.evidence.limits
        assert Reason.OPEN_ELSEWHERE not in settled.evidence.limits
        assert settled.outcome is KeyOutcome.ACCESS_REMOVED


def test_the_key_of_an_old_policy_may_be_in_a_keyring_that_nobody_sees(volume, bench):
    conf = volume.etc / "fscrypt.conf"
    conf.write_text(conf.read_text().replace('"policy_version": "2"', '"policy_version": "1"'))
    known, old = set(volume.policies), volume.place / "old"
    old.mkdir()
    done = volume.tool("encrypt", old, "--source=custom_passphrase", "--name=old", "--user=root")
    if done.returncode:
        pytest.skip(f"no policy of version 1 can be made here: {done.stderr.strip()}")
    (policy,) = set(volume.policies) - known
    settled = bench((policy, "fscrypt"), passphrase=stores.PASSPHRASE).run()["k-0"]
    assert Reason.OPEN_ELSEWHERE in settled.evidence.limits
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED


@pytest.mark.parametrize(
    ("folder", "name", "quiet"),
    [
        ("policies", "0" * 32, True),
        ("policies", "0" * 16, False),
        ("policies", "a copy", False),
        ("protectors", "0" * 16, True),
    ],
)
def test_where_nothing_is_encrypted_only_an_old_or_unknown_name_is_a_doubt(tmp_path, folder, name, quiet):
    assert KINDS["fscrypt"].quiet(str(tmp_path / ".fscrypt" / folder / name)) is quiet


def test_a_volume_that_can_not_be_asked_may_hold_the_key(tmp_path, monkeypatch):
    policy = str(tmp_path / "gone/.fscrypt/policies" / ("0" * 32))
    assert not KINDS["fscrypt"].quiet(policy)
    # Elsewhere no kernel knows such keys.
    monkeypatch.setattr(fscrypt.sys, "platform", "win32")
    assert KINDS["fscrypt"].quiet(policy)


def test_a_volume_without_protectors_has_its_policies(tmp_path):
    (tmp_path / ".fscrypt/policies").mkdir(parents=True)
    (tmp_path / ".fscrypt/policies" / ("0" * 32)).write_bytes(b"x")
    for declared in (tmp_path, tmp_path / ".fscrypt"):
        keys = inspect([KeySource("fscrypt", declared)], key=b"k", passphrase=lambda _: "")
        assert [key.path for key in keys] == [str(tmp_path / ".fscrypt/policies" / ("0" * 32))]


@pytest.mark.parametrize(
    "data",
    [
        b"\n\x10short",
        b"\n\x20" + b"\xff" * 400_000,
        b"\n\x10" + b"0" * 16 + b"\xff" * 100,
        b"\n\x10" + b"0" * 16 + b"\x0b",
    ],
)
def test_what_only_begins_like_metadata_is_no_wrap_and_no_key(data):
    with computes_within(1):
        assert shut("fscrypt", data) is Reason.UNREADABLE
    assert told("fscrypt", data) is Rewrap.NO
    assert told("fscrypt", b"a list:\n - " + data, key=MASTER) is Rewrap.NO
