"""What is not as signed is not touched, and every failure says its reason."""

import errno
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.event import Begun, Noted, Settled
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.domain.step import Stage
from app.identity import SignedPlan
from app.steps.shred.canary import answered, lay
from app.steps.shred.doomed import reason_of
from app.steps.shred.kinds import kind_of, open_keys
from app.steps.shred.kinds.contract import PrivateKey, Store
from app.system.disk import Disk, ReadOnlyDisk


def in_memory(path):
    data = path.read_bytes()
    return Store(len(data), lambda offset, length: data[offset : offset + length])


def failure(bed):
    settled = bed.run()["k-0"]
    assert settled.outcome is KeyOutcome.FAILED
    return settled.evidence.limits[0]


def test_an_unsigned_plan_shreds_nothing(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    forged = object.__new__(SignedPlan)
    for name, value in (("plan", bed.plan.plan), ("signatures", ()), ("digest", bed.plan.digest)):
        object.__setattr__(forged, name, value)
    bed.plan = forged
    with pytest.raises(Refused) as caught:
        bed.run()
    assert caught.value.fault is Fault.SIGNATURE_INVALID
    assert path.exists()


def test_a_key_changed_after_signing_stays(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    path.write_bytes(path.read_bytes() + b"\n")
    assert failure(bed) is Reason.CHANGED
    assert path.read_bytes().endswith(b"-\n\n")


def test_a_key_touched_after_signing_stays(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    os.utime(path)
    assert failure(bed) is Reason.CHANGED
    assert path.exists()


def test_times_put_back_do_not_hide_a_change(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    told = path.stat()
    body = path.read_bytes()
    path.write_bytes(body[:-3] + b"#" + body[-2:])
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))
    assert failure(bed) is Reason.CHANGED


def test_another_file_under_the_name_stays(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    path.rename(path.with_name("moved"))
    path.write_bytes(b"new")
    assert failure(bed) is Reason.REPLACED
    assert path.read_bytes() == b"new"


def test_a_link_put_in_its_place_is_not_followed(bench, make_key, tmp_path):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    victim = tmp_path / "victim"
    path.rename(victim)
    path.symlink_to(victim)
    assert failure(bed) is Reason.LINK
    assert b"PRIVATE KEY" in victim.read_bytes()


def test_a_link_put_there_after_begun_is_not_followed(bench, make_key, tmp_path):
    path, kind = make_key("ec")
    victim = tmp_path / "victim"
    events = bench((path, kind)).events()
    assert isinstance(next(events), Begun)
    path.rename(victim)
    path.symlink_to(victim)
    settled = next(events)
    assert settled.evidence.limits[0] is Reason.LINK
    assert b"PRIVATE KEY" in victim.read_bytes()


def test_a_change_after_begun_is_seen(bench, make_key):
    path, kind = make_key("ec")
    events = bench((path, kind)).events()
    next(events)
    path.write_bytes(b"-" + path.read_bytes()[1:])
    assert next(events).evidence.limits[0] is Reason.CHANGED
    assert path.exists()


def test_a_folder_put_in_its_place(bench, make_key, tmp_path):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    path.unlink()
    path.mkdir()
    assert failure(bed) in (Reason.NOT_A_FILE, Reason.REPLACED)


def test_a_pipe_is_no_file(bench, tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert failure(bench((path, "pem"))) is Reason.NOT_A_FILE


def test_a_missing_key_or_folder_is_gone(bench, make_key, tmp_path):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    path.unlink()
    assert failure(bed) is Reason.GONE
    deep = tmp_path / "deep"
    deep.mkdir()
    inner = deep / "k"
    inner.write_bytes(b"x")
    bed = bench((inner, "pem"))
    shutil.rmtree(deep)
    deep.write_bytes(b"now a file")
    assert failure(bed) is Reason.GONE


def test_a_protected_place_is_never_touched(bench, make_key, tmp_path):
    """The program's own folder is on the list; its sources are not harmed by asking."""
    import app

    own = Path(app.__file__)
    before = own.read_bytes()
    assert failure(bench((own, "pem"))) is Reason.PROTECTED_PLACE
    assert own.read_bytes() == before


def test_a_key_written_back_after_the_overwrite_still_opens(bench, make_key):
    path, kind = make_key("rsa")
    body = path.read_bytes()
    events = bench((path, kind)).events()
    next(events)
    assert isinstance(next(events), Noted)
    path.write_bytes(body)
    settled = next(events)
    assert (settled.outcome, settled.evidence.limits[0]) == (KeyOutcome.FAILED, Reason.STILL_OPENS)
    assert path.exists()


def test_something_else_written_after_the_overwrite_is_not_removed(bench, make_key):
    path, kind = make_key("rsa")
    events = bench((path, kind)).events()
    next(events)
    next(events)
    path.write_bytes(b"a letter")
    assert next(events).evidence.limits[0] is Reason.CHANGED
    assert path.read_bytes() == b"a letter"


def test_gone_by_other_hands_after_the_overwrite(bench, make_key):
    path, kind = make_key("ec")
    events = bench((path, kind)).events()
    next(events)
    next(events)
    path.unlink()
    assert next(events).outcome is not KeyOutcome.FAILED


class Deaf(Disk):
    """A disk that answers writes and forgets them."""

    def overwrite(self, fd, offset, data):
        return


def test_a_disk_that_forgets_is_found_out(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    bed.more = {"disk": Deaf()}
    assert failure(bed) is Reason.READ_BACK_DIFFERS
    assert path.exists()


class Broken(Disk):
    def __init__(self, name, number):
        self.number = number
        setattr(self, name, self._fail)

    def _fail(self, *_):
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize(("number", "reason"), [(5, Reason.IO_ERROR), (30, Reason.READ_ONLY)])
def test_a_failing_overwrite_says_why(bench, make_key, number, reason):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    bed.more = {"disk": Broken("overwrite", number)}
    assert failure(bed) is reason


def test_a_full_disk_stops_the_step_and_a_later_run_goes_on(bench, make_key):
    (path, kind), (other, _) = make_key("ec"), make_key("ec")
    bed = bench((path, kind), (other, kind))
    bed.more = {"disk": Broken("overwrite", errno.ENOSPC)}
    with pytest.raises(Refused) as caught:
        bed.run()
    assert caught.value.fault is Fault.DISK_FULL
    assert b"PRIVATE KEY" in other.read_bytes()
    bed.more, bed.stages = {}, {"k-0": Stage.BEGUN}
    assert all(one.outcome is not KeyOutcome.FAILED for one in bed.run().values())


def test_only_a_signed_plan_is_shredded(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    bed.plan = bed.plan.plan
    with pytest.raises(TypeError):
        bed.run()
    assert path.exists()


@pytest.mark.parametrize("name", ["rename", "unlink"])
def test_a_name_that_can_not_go_is_said(bench, make_key, name):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    bed.more = {"disk": Broken(name, 13)}
    settled = bed.run()["k-0"]
    assert Reason.NAME_REMAINS in settled.evidence.limits
    assert settled.outcome is not KeyOutcome.FAILED
    left = [one.read_bytes() for one in path.parent.iterdir()]
    assert len(left) == 1
    assert not any(left[0])


def test_a_dry_run_changes_nothing(bench, make_key):
    path, kind = make_key("ec")
    body = path.read_bytes()
    bed = bench((path, kind))
    bed.more = {"disk": ReadOnlyDisk()}
    assert failure(bed) is Reason.READ_ONLY
    assert path.read_bytes() == body


def test_a_hidden_name_that_is_taken_is_left_alone(bench, make_key):
    path, kind = make_key("ec", name="k")
    bed = bench((path, kind))
    from app.steps.shred.overwriting import hidden_name, item_key

    taken = path.with_name(hidden_name(item_key(b"\x07" * 32, "k-0"), "k"))
    taken.write_bytes(b"mine")
    settled = bed.run()["k-0"]
    assert settled.outcome is not KeyOutcome.FAILED
    assert not path.exists()
    assert taken.read_bytes() == b"mine"


@contextmanager
def immutable(path):
    if subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode:
        pytest.skip("chattr +i does not work here")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", path], check=True)


def test_an_immutable_file_says_so(bench, make_key):
    path, kind = make_key("ec")
    with immutable(path):
        assert failure(bench((path, kind))) is Reason.IMMUTABLE
    assert b"PRIVATE" in path.read_bytes()


def test_an_immutable_folder_keeps_the_name_only(bench, make_key, tmp_path):
    path, kind = make_key("ec")
    with immutable(tmp_path):
        settled = bench((path, kind)).run()["k-0"]
    assert Reason.NAME_REMAINS in settled.evidence.limits
    assert set(path.read_bytes()) == {0}


@contextmanager
def nobody():
    """Be the user nobody for a moment, since root may write to anything."""
    if os.geteuid():
        pytest.skip("needs root to become another user")
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("mode", "owner", "reason"), [(0o400, 65534, Reason.READ_ONLY), (0o644, 0, Reason.DENIED)]
)
def test_a_file_that_may_not_be_written_says_so(bench, mode, owner, reason):
    import fcntl  # noqa: F401 nobody may not read the interpreter's own folder

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "k.pem"
        path.write_bytes(b"x")
        path.chmod(mode)
        os.chown(path, owner, owner)
        events = bench((path, "pem")).events()
        next(events)
        with nobody():
            settled = next(events)
        assert (settled.outcome, settled.evidence.limits[0]) == (KeyOutcome.FAILED, reason)
        assert path.read_bytes() == b"x"


def test_every_errno_has_a_reason():
    assert reason_of(OSError()) is Reason.IO_ERROR
    assert reason_of(OSError(26, "")) is Reason.OPEN_ELSEWHERE


def test_a_canary_is_answered_by_its_own_key_alone(make_key):
    for what in ("rsa", "ec", "ed25519", "x25519", "age"):
        (one, kind), (two, _) = make_key(what), make_key(what)
        mine, other = (open_keys(kind_of(kind), in_memory(path), "") for path in (one, two))
        canaries = lay(mine)
        assert answered(canaries, mine) == 1
        assert answered(canaries, other) == 0
        # Even one that claims the same fingerprint does not open it.
        import dataclasses

        liar = (dataclasses.replace(other[0], fingerprint=mine[0].fingerprint),)
        assert answered(canaries, liar) == 0


def test_a_key_that_does_not_answer_its_own_canary_proves_nothing():
    from cryptography.hazmat.primitives.asymmetric import rsa

    numbers = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_numbers()
    parts = {name: getattr(numbers, name) for name in ("p", "q", "dmp1", "dmq1", "iqmp")}
    parts |= {"dmp1": numbers.dmp1 - 2, "dmq1": numbers.dmq1 - 2}
    odd = rsa.RSAPrivateNumbers(d=numbers.d - 2, public_numbers=numbers.public_numbers, **parts)
    secret = odd.private_key(unsafe_skip_rsa_key_validation=True)
    assert lay([PrivateKey("RSA-2048", "00", secret)]) is None


def test_settled_items_are_passed_over(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    bed.stages = {"k-0": Stage.SETTLED}
    events = list(bed.events())
    assert not any(isinstance(event, Settled) for event in events)
    assert path.exists()
