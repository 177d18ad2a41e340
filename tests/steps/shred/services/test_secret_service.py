"""Secrets in a real GNOME keyring, on a D-Bus of the test's own."""

import contextlib
import os
import shutil
import signal
import subprocess

import pytest
from servers import running, tool, until

from app.domain.case import ServiceKey
from app.domain.event import Noted, Settled
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred.services.asking import foreask, inquire
from tests.in_time import ends_by_itself

secretstorage = pytest.importorskip("secretstorage")
DBusErrorResponse = pytest.importorskip("jeepney.wrappers").DBusErrorResponse
SECRET = b"correct horse battery staple"


class Keyring:
    def __init__(self, folder):
        self.folder = folder

    def start(self):
        self.daemon.start()
        until(lambda: secretstorage.get_default_collection(self.connect()).is_locked() and 1 / 0)

    def policy(self, denied=""):
        """A bus that starts nothing by itself: else it may start a keyring of its own, and a locked one."""
        (self.folder / "bus.conf").write_text(
            f"<busconfig><type>session</type><listen>{os.environ['DBUS_SESSION_BUS_ADDRESS']}</listen>"
            '<auth>EXTERNAL</auth><policy context="default"><allow send_destination="*" eavesdrop="true"/>'
            f'<allow eavesdrop="true"/><allow own="*"/>{denied}</policy></busconfig>'
        )

    @contextlib.contextmanager
    def without(self, path):
        """Let the bus deny every call to this object, as a sandbox does of what is another program's."""
        self.policy(f'<deny send_path="{path}"/>')
        self.bus.send_signal(signal.SIGHUP)
        until(lambda: self.reaches(path) and 1 / 0)
        try:
            yield
        finally:
            self.policy()
            self.bus.send_signal(signal.SIGHUP)
            until(lambda: self.reaches(path) or 1 / 0)

    def reaches(self, path):
        with contextlib.closing(self.connect()) as connection:
            try:
                return bool(secretstorage.Item(connection, path).get_label())
            except DBusErrorResponse:
                return False

    def connect(self):
        return secretstorage.dbus_init()

    def put(self, label, secret=SECRET, **attributes):
        connection = self.connect()
        ring = secretstorage.get_default_collection(connection)
        path = ring.create_item(label, {"application": "crm", **attributes, "n": label}, secret).item_path
        connection.close()
        return path

    def delete(self, path):
        with contextlib.closing(self.connect()) as connection:
            secretstorage.Item(connection, path).delete()

    def has(self, label):
        """By libsecret's rules: what the bus gives for its attributes."""
        return self.count(label) > 0

    def count(self, label):
        with contextlib.closing(self.connect()) as connection:
            return sum(1 for _ in secretstorage.search_items(connection, {"n": label}))

    def files(self):
        return sorted((self.folder / "data/keyrings").glob("*.keyring"))


@pytest.fixture(scope="module")
def keyring(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ring")
    daemon, bus = tool("gnome-keyring-daemon"), tool("dbus-daemon")
    for name in ("home", "data", "run", "control"):
        (folder / name).mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder / "home"))
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        patch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={folder}/run/bus")
        one = Keyring(folder)
        one.policy()
        command = [bus, "--nofork", f"--config-file={folder}/bus.conf"]
        with running(command, folder / "bus.log") as one.bus:
            until(lambda: os.stat(folder / "run/bus"))
            one.daemon = Unlocked(daemon, folder)
            try:
                one.start()
                yield one
            finally:
                one.daemon.stop()


class Unlocked:
    def __init__(self, daemon, folder):
        self.command = [
            daemon,
            "--foreground",
            "--unlock",
            "--components=secrets",
            f"--control-directory={folder}/control",
        ]

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.process.stdin.write(b"open sesame")
        self.process.stdin.close()

    def stop(self):
        self.process.kill()
        self.process.wait(10)


def source(label, **more):
    return ServiceKey("secret_service", label, timeout=15, **more)


def facts(settled):
    return dict(settled.evidence.facts)


def test_a_secret_is_gone_and_what_stays_is_said(keyring, label, counter):
    keyring.put(label)
    before = [path.stat().st_ino for path in keyring.files()]
    (settled,) = counter(source(label)).run()
    assert not keyring.has(label)
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert {Reason.STORE_WORD, Reason.EXPORTABLE} <= set(settled.evidence.limits)
    assert facts(settled)["probes"] == "search=gone list=gone canary=gone"
    # The keyring's file was written anew: its old blocks were not overwritten.
    assert before != [path.stat().st_ino for path in keyring.files()]
    assert SECRET.decode() not in repr(settled)


def test_by_attributes_too(keyring, label, counter):
    keyring.put(label, username="backup")
    (settled,) = counter(source(f"application=crm;n={label}")).run()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert not keyring.has(label)


def test_a_note_of_it_is_a_copy(keyring, label, counter, tmp_path):
    keyring.put(label)
    (tmp_path / "notes.txt").write_bytes(b"mind: " + SECRET)
    (settled,) = counter(source(label, copies=(tmp_path,))).run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in settled.evidence.limits
    assert facts(settled)["copies_found"] == 1


def test_two_of_one_name_are_not_taken(keyring, label):
    keyring.put(label, a="1")
    keyring.put(label, a="2")
    with pytest.raises(Refused) as refused:
        list(inquire([source(label)], key=b"k" * 32, passphrase=lambda _: ""))
    assert refused.value.fault is Fault.KEY_NOT_IN_STORE
    assert keyring.has(label)


def test_a_second_of_the_name_after_the_signing_is_left_and_so_is_the_first(keyring, label, counter):
    keyring.put(label, a="1")
    bed = counter(source(label))
    events = bed.events()
    next(event for event in events if isinstance(event, Noted) and event.what == "canary")
    keyring.put(label, b"of somebody else", a="2")
    settled = next(event for event in events if isinstance(event, Settled))
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.REPLACED
    assert keyring.count(label) == 2


def test_one_that_is_not_there_is_said(keyring):
    with pytest.raises(Refused) as refused:
        list(inquire([source("nobody")], key=b"k" * 32, passphrase=lambda _: ""))
    assert refused.value.fault is Fault.KEY_NOT_IN_STORE


def test_without_a_bus_it_is_said(keyring, monkeypatch):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
    with pytest.raises(Refused) as refused:
        list(inquire([source("x")], key=b"k" * 32, passphrase=lambda _: ""))
    assert refused.value.fault is Fault.KEY_STORE_SILENT


def test_a_bus_that_hangs_is_said_in_its_time(monkeypatch, tmp_path):
    import socket

    with socket.socket(socket.AF_UNIX) as heard:
        heard.bind(str(tmp_path / "bus"))
        heard.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/bus")
        with ends_by_itself(), pytest.raises(Refused) as refused:
            list(
                inquire(
                    [ServiceKey("secret_service", "x", timeout=1)], key=b"k" * 32, passphrase=lambda _: ""
                )
            )
        assert refused.value.fault is Fault.KEY_STORE_SILENT


def test_a_bus_without_a_keyring_is_said(keyring, label):
    keyring.daemon.stop()
    try:
        with pytest.raises(Refused) as refused:
            list(inquire([source(label)], key=b"k" * 32, passphrase=lambda _: ""))
    finally:
        keyring.start()
    assert refused.value.fault is Fault.KEY_STORE_SILENT


def test_a_locked_keyring_is_not_opened(keyring, label, counter):
    keyring.put(label)
    bed = counter(source(label))
    with contextlib.closing(keyring.connect()) as connection:
        secretstorage.get_default_collection(connection).lock()
    try:
        (settled,) = bed.run()
    finally:
        keyring.daemon.stop()
        keyring.start()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.DENIED
    assert keyring.has(label)


def test_an_empty_secret_has_no_canary_and_goes_all_the_same(keyring, label, counter):
    keyring.put(label, b"")
    (settled,) = counter(source(label)).run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.CANARY_FAILED in settled.evidence.limits
    assert not keyring.has(label)


def test_a_secret_gone_between_the_canary_and_the_call_is_noted_as_unseen(keyring, label, counter):
    path = keyring.put(label)
    bed = counter(source(label))
    events = bed.events()
    next(event for event in events if isinstance(event, Noted) and event.what == "canary")
    keyring.delete(path)
    settled = next(event for event in events if isinstance(event, Settled))
    assert facts(settled)["answer"] == "unseen"
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE


def test_a_list_with_a_secret_that_can_not_be_asked_for_tells_nothing(keyring, label, counter):
    """The search alone says that it is gone, and one look is not enough."""
    other = keyring.put(f"{label}-of-another-program")
    keyring.put(label)
    bed = counter(source(f"application=crm;n={label}"))
    with keyring.without(other):
        (settled,) = bed.run()
    assert facts(settled)["probes"] == "search=gone list=silent canary=silent"
    assert {Reason.NO_ANSWER, Reason.CANARY_FAILED} <= set(settled.evidence.limits)
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert not keyring.has(label)
    assert keyring.has(f"{label}-of-another-program")


def test_the_dry_run_changes_nothing(keyring, label):
    keyring.put(label)
    assert foreask(source(label), "").calls == ("org.freedesktop.Secret.Item.Delete",)
    assert keyring.has(label)


def test_a_keyring_put_back_brings_it_back_and_so_it_is_not_the_top_rung(keyring, label, counter, tmp_path):
    keyring.put(label)
    for path in keyring.files():
        shutil.copy(path, tmp_path)
    (settled,) = counter(source(label)).run()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert not keyring.has(label)
    assert Reason.STORE_WORD in settled.evidence.limits
    keyring.daemon.stop()
    for path in keyring.files():
        shutil.copy(tmp_path / path.name, path)
    keyring.start()
    assert keyring.has(label)
