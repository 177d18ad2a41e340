"""A Dask scheduler and two workers in processes of their own: the same results, in the same order, and what fails."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from distributed import Client

from app.domain.case import Location
from app.domain.event import Located
from app.domain.fault import Fault, Refused
from app.domain.record import Look, Problem
from app.steps.locate import cluster, locate
from tests.in_time import soon

KEY = bytes(range(32))


def _written(path: Path) -> dict[str, str]:
    """What stands there, once all of it does."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


class Dask:
    """A scheduler and its workers, ended with the test."""

    def __init__(self, folder: Path, workers: int = 2, **env: str) -> None:
        self.folder, self.running = folder, []
        address = folder / "scheduler.json"
        self._start(
            "scheduler", "--no-dashboard", "--port", "0", "--host", "127.0.0.1", "--scheduler-file", address
        )
        self.address = soon(lambda: _written(address), 120)["address"]
        for _ in range(workers):
            self._start(
                "worker",
                self.address,
                "--nthreads",
                "1",
                "--no-dashboard",
                "--local-directory",
                folder,
                **env,
            )
        self._wait_for(workers)

    def _start(self, what: str, *options: object, **env: str) -> None:
        self.running.append(
            subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_" + what, *map(str, options)],
                cwd=self.folder,
                env={**os.environ, **env},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    def _wait_for(self, workers: int) -> None:
        with Client(self.address, timeout=120, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=120)

    def end(self) -> None:
        for process in reversed(self.running):
            process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """A scheduler that is there may take as long to answer as a busy machine makes it."""
    monkeypatch.setattr(cluster, "_GREETING", 120.0)


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    made = Dask(tmp_path_factory.mktemp("dask"))
    yield made
    made.end()


@pytest.fixture
def place(tmp_path, values):
    rng, made = random.Random(7), values(7)
    root = tmp_path / "in"
    for number in range(700):
        folder = root / f"部{number % 9}"
        folder.mkdir(parents=True, exist_ok=True)
        text = f"手机 {made.mobile()} 身份证 {made.id()}" if rng.random() < 0.3 else "会议记录"
        (folder / f"{number}.txt").write_text(text, encoding=rng.choice(["utf-8", "gb18030", "utf-16"]))
    return root


def looked(root, jobs):
    return [e for e in locate([Location(root)], key=KEY, jobs=jobs) if isinstance(e, Located)]


def test_a_cluster_tells_what_this_machine_tells(dask, place):
    here, there = looked(place, 0), looked(place, dask.address)
    assert there == here
    assert sum(one.look is Look.FOUND for one in here) > 150


def test_a_large_text_is_shared_out(dask, tmp_path, values, monkeypatch):
    made = values(3)
    root = tmp_path / "in"
    root.mkdir()
    line = "今天的会议讨论了项目的进度，没有别的问题。\n" * 2000
    (root / "a.txt").write_text("".join(line + made.mobile() + "\n" for _ in range(500)), encoding="utf-8")
    assert (root / "a.txt").stat().st_size > 48 << 20
    assert looked(root, dask.address) == looked(root, 0)


def test_a_file_that_kills_its_worker_costs_that_file_alone(tmp_path, values):
    made = values(5)
    root = tmp_path / "in"
    root.mkdir()
    for number in range(40):
        (root / f"{number:02}.txt").write_text("手机 " + made.mobile())
    (root / "07.json").write_bytes(b"%PDF-1.4 13812345678 deadly")
    (tmp_path / "sitecustomize.py").write_text(
        "import builtins, os\n"
        "real = builtins.__import__\n"
        "def broken(name, *rest, **more):\n"
        "    made = real(name, *rest, **more)\n"
        "    if name == 'pypdfium2':\n"
        "        os._exit(139)\n"
        "    return made\n"
        "builtins.__import__ = broken\n"
    )
    made = Dask(tmp_path, 2, PYTHONPATH=str(tmp_path), DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    try:
        found = {Path(one.path).name: one for one in looked(root, made.address)}
    finally:
        made.end()
    assert found["07.json"].record.problems == (Problem.READER_CRASHED,)
    assert {one.kind for one in found["07.json"].record.findings} == {"cn.mobile"}, "its bytes were searched"
    others = [one for name, one in found.items() if name != "07.json"]
    assert len(others) == 40
    assert all(one.record.problems == () and one.look is Look.FOUND for one in others)


def test_a_place_that_no_worker_sees_is_refused(dask, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "standing", _blind)
    with pytest.raises(Refused) as refused:
        looked(tmp_path, dask.address)
    assert refused.value.fault is Fault.CLUSTER_DIFFERS


def _blind(places):
    from app.steps.locate.words import LABELS  # noqa: F401  as the worker's own would

    return "another", tuple(places)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "http://127.0.0.1:9"])
def test_a_cluster_that_is_not_there_is_refused(address, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_GREETING", 1.0)
    with pytest.raises(Refused) as refused:
        looked(tmp_path, address)
    assert refused.value.fault is Fault.CLUSTER_UNREACHABLE


def test_a_look_that_is_stopped_leaves_the_cluster_free(dask, place):
    events = locate([Location(place)], key=KEY, jobs=dask.address)
    for _ in range(3):
        next(events)
    events.close()
    assert len(looked(place, dask.address)) == 700
