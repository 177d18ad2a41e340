"""The privileged reader: sees for an ordinary user what is on the device, and can do nothing else."""

import io
import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from wiped_secret import SEED

from app.domain.outcome import Outcome, Reason
from app.domain.wiping import Wiping
from app.register.codec import plain
from app.steps.wipe import reader as reading
from app.steps.wipe import wipe
from app.steps.wipe.helper import Helper
from app.steps.wipe.keystream import Keystream
from app.system.extents import extents

NOBODY = 65534
COMMAND = ("env", f"SUDO_UID={NOBODY}", f"SUDO_GID={NOBODY}", sys.executable, "-m", "app.steps.wipe.reader")


@pytest.fixture
def ground(job, image):
    """Files of an ordinary user on an image of their own, whose folders everybody may pass."""
    if not shutil.which("env"):
        pytest.skip("env is not installed")
    made = image("ext4")
    made.mount.chmod(0o777)
    for above in [made.mount, *made.mount.parents]:
        if above.stat().st_uid == os.geteuid() and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)
    job.folder = made.mount
    # A first run loads all it needs: the program may lie where an ordinary user may not look.
    first = type(job)(job.people, made.mount)
    first.add(made.mount / "first", b"x")
    first.run()
    for number, size in enumerate([1, 5000, 70_000, 3_000_000]):
        path = made.mount / f"客户{number}.csv"
        path.write_bytes(b"secret" * (size // 6 + 1))
        os.chown(path, NOBODY, NOBODY)
    os.sync()
    for path in sorted(made.mount.glob("*.csv")):
        job.add(path)
    return made


def as_nobody(act):
    """Run in a child that has become an ordinary user; gives what it returns."""
    inlet, outlet = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            os.write(outlet, json.dumps(act()).encode())
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 a child must never come back into the test
            os.write(outlet, json.dumps(repr(error)).encode())
            os._exit(1)
    os.close(outlet)
    with os.fdopen(inlet, "rb") as told:
        answer = told.read()
    os.waitpid(child, 0)
    return json.loads(answer)


class Started:
    """A reader that was started before rights were dropped, as pkexec would have."""

    def __init__(self, job, monkeypatch):
        self.helper = Helper(COMMAND, job.signed(), SEED, Wiping())
        from app.steps.wipe import step

        monkeypatch.setattr(step, "Helper", lambda *_: self.helper)


def test_an_ordinary_user_has_it_proven(job, ground, monkeypatch):
    started, signed = Started(job, monkeypatch), job.signed()
    assert started.helper.devices == 1

    def run():
        events = wipe(signed, stages={}, seed=SEED, reader=COMMAND)
        return [
            (event.outcome.value, [r.value for r in event.evidence.limits])
            for event in events
            if hasattr(event, "outcome")
        ]

    ends = as_nobody(run)
    assert isinstance(ends, list), ends
    assert {outcome for outcome, _ in ends} == {Outcome.PROVEN.value}, ends
    assert len(ends) == 4
    assert not any(Reason.NOT_READ_FROM_DEVICE.value in limits for _, limits in ends)


def test_without_it_the_grade_is_lower(job, ground):
    signed = job.signed()
    ends = as_nobody(
        lambda: [
            event.outcome.value for event in wipe(signed, stages={}, seed=SEED) if hasattr(event, "outcome")
        ]
    )
    assert set(ends) == {Outcome.OVERWRITTEN.value}


def test_every_right_is_gone_once_it_answers(job, ground):
    with Helper(COMMAND, job.signed(), SEED, Wiping()) as helper:
        told = Path(f"/proc/{helper._process.pid}/status").read_text()
        facts = dict(line.split(":\t", 1) for line in told.splitlines() if ":\t" in line)
        assert facts["Uid"].split() == [str(NOBODY)] * 4
        assert facts["Gid"].split() == [str(NOBODY)] * 4
        assert facts["Groups"].strip() == ""
        assert facts["NoNewPrivs"] == "1"
        for kind in ("CapEff", "CapPrm", "CapInh"):
            assert int(facts[kind], 16) == 0
        opened = [os.readlink(one) for one in Path(f"/proc/{helper._process.pid}/fd").iterdir()]
        assert sum(one.startswith("/dev/loop") for one in opened) == 1


def ask(job, change=lambda asked: asked, lines=(), command=COMMAND):
    signed = job.signed()
    asked = {
        "plan": plain(signed.plan),
        "planned": signed.planned,
        "signatures": [one.plain() for one in signed.signatures],
        "seed": SEED.hex(),
        "passes": ["random"],
    }
    text = "\n".join([json.dumps(change(asked)), *map(json.dumps, lines)]) + "\n"
    return subprocess.run([*command], input=text, capture_output=True, text=True, check=False)


def other_path(asked):
    asked["plan"]["items"][0]["path"] = "/etc/shadow"
    return asked


CHANGES = {
    "a path": other_path,
    "no witness": lambda asked: asked | {"signatures": asked["signatures"][:1]},
    "a short seed": lambda asked: asked | {"seed": "00"},
    "no pass": lambda asked: asked | {"passes": ["so"]},
    "nothing": lambda asked: {},
}


@pytest.mark.parametrize("name", CHANGES)
def test_anything_but_the_signed_plan_is_refused(job, ground, name):
    answer = ask(job, CHANGES[name])
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert "secret" not in answer.stderr


def test_it_does_not_serve_the_administrator(job, ground):
    assert ask(job, command=COMMAND[3:]).returncode == 1


def test_only_a_files_own_places_are_read_and_no_byte_comes_back(job, ground):
    item = job.items[2]
    fd = os.open(item.path, os.O_RDONLY)
    from app.system.extents import extents

    first = extents(fd)[0]
    os.close(fd)
    rows = [
        {item.id: [[first.physical, 4096, 0]]},  # its own, but not overwritten
        {item.id: [[0, 4096, 0]]},  # the superblock
        {item.id: [[first.physical + 4096, 4096, 0]]},
        {item.id: []},
    ]
    answer = ask(job, lines=rows)
    assert answer.returncode == 0
    assert [json.loads(line) for line in answer.stdout.splitlines()] == [{"ready": 1}, [], [], [], []]
    assert ask(job, lines=[{"r-unknown": []}]).returncode == 1


def test_the_wipe_starts_it_and_asks_it_where_it_may_not_read_itself(job, ground, monkeypatch):
    from app.steps.wipe import scene

    monkeypatch.setattr(scene, "open_device", lambda volume: None)
    assert {end.outcome for end in job.run(reader=COMMAND).values()} == {Outcome.PROVEN}


def test_not_started_when_the_device_is_not_to_be_read(job, ground):
    ends = job.run(reader=("not a program",), wiping=Wiping(device=False))
    assert {end.outcome for end in ends.values()} == {Outcome.OVERWRITTEN}


def told(monkeypatch, lines, who=(NOBODY, NOBODY)):
    """Run the reader here, all but the dropping of rights."""
    out, dropped = io.StringIO(), []
    monkeypatch.setattr(reading, "caller", lambda: who)
    monkeypatch.setattr(reading, "become", lambda *to: dropped.append(to))
    code = reading.serve(io.StringIO("\n".join(map(json.dumps, lines)) + "\n"), out)
    return code, out.getvalue().splitlines(), dropped


def test_what_it_answers(job, ground, monkeypatch):
    signed = job.signed()
    rows = {}
    for item in job.items:
        keystream = Keystream(SEED, item.id)
        with open(item.path, "r+b") as file:
            file.write(keystream.at(0, item.stamp.size))
            os.fsync(file.fileno())
            rows[item.id] = [
                [e.physical, min(e.length, item.stamp.size // 4096 * 4096 or 512), e.logical]
                for e in extents(file.fileno())
            ]
    good = {
        item.id: rows[item.id] for item in job.items if len(rows[item.id]) == 1 and item.stamp.size > 4096
    }
    assert good
    replaced = job.items[0]
    os.rename(replaced.path, f"{replaced.path}.old")  # so that its number is not given again
    Path(replaced.path).write_bytes(b"another's")
    with open(job.items[1].path, "r+b") as file:
        file.write(b"written to since")
        os.fsync(file.fileno())
    asked = {
        "plan": plain(signed.plan),
        "planned": signed.planned,
        "signatures": [one.plain() for one in signed.signatures],
        "seed": SEED.hex(),
        "passes": ["random"],
    }
    spoilt, [(physical, _, logical)] = job.items[1].id, good.pop(job.items[1].id)
    halves = {job.items[2].id: [[p, 4096, n] for p, n in _pages(good[job.items[2].id])]}
    questions = [good, {replaced.id: rows[replaced.id]}, {spoilt: [[physical, 4096, logical]]}, halves]
    code, lines, dropped = told(monkeypatch, [asked, *questions])
    assert code == 0
    answers = [json.loads(line) for line in lines]
    assert answers == [{"ready": 1}, list(good), [], [], list(halves)]
    assert dropped == [(NOBODY, NOBODY)]
    assert told(monkeypatch, [asked], who=None)[:2] == (1, [])
    assert told(monkeypatch, [asked | {"seed": "00"}])[:2] == (1, [])


def _pages(rows):
    [(physical, length, logical)] = rows
    return [(physical + at, logical + at) for at in range(0, length, 4096)]


def test_as_a_program_of_its_own(monkeypatch, capsys):
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.delenv("PKEXEC_UID", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    monkeypatch.delitem(sys.modules, "app.steps.wipe.reader")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("app.steps.wipe.reader", run_name="__main__")
    assert ended.value.code == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("call", ["open_folder", "open_device"])
def test_without_its_folder_or_its_device_nothing_is_seen(job, ground, monkeypatch, call):
    signed = job.signed()
    for item in job.items:
        os.unlink(item.path)
    monkeypatch.setattr(reading, call, _fails if call == "open_folder" else lambda volume: None)
    asked = {
        "plan": plain(signed.plan),
        "planned": signed.planned,
        "signatures": [one.plain() for one in signed.signatures],
        "seed": SEED.hex(),
        "passes": ["random"],
    }
    _, lines, _ = told(monkeypatch, [asked, {job.items[0].id: [[0, 512, 0]]}])
    assert [json.loads(line) for line in lines] == [{"ready": 0}, []]


def _fails(*_):
    raise FileNotFoundError


def test_a_reader_that_dies_has_seen_nothing(job, ground):
    for command in (("false",), ("echo", "no json"), ("echo", "[]"), ("/not/a/program",)):
        with Helper(command, job.signed(), SEED, Wiping()) as helper:
            assert helper.devices == 0
            assert helper.seen({"r-000000": []}) == frozenset()
