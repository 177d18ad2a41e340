"""What a reader may do to its process, and that it costs one file: crash, hang, take all memory, be stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from contextlib import suppress

import psutil
import pytest

from app.domain.case import Location
from app.domain.event import Located, Progressed
from app.domain.record import Look, Problem
from app.steps.locate import Limits, Means, locate
from app.steps.locate.job import Task
from app.steps.locate.remote import survey_remote
from tests.held import below
from tests.in_time import ends_by_itself, soon

NUMBER = "手机 13812345678"
WATCH = """
import sys, time, os, signal
def watch(event, args):
    # Once for each process: only what is read as a table or an archive, not the second look at its bytes.
    if event == 'import' and args[0] == 'python_calamine' and 'spawn_main' in ' '.join(sys.orig_argv):
        {what}
sys.addaudithook(watch)
"""


@pytest.fixture
def spoiled(tmp_path, monkeypatch):
    """Let whatever reads an old workbook do harm, and give the folder to look at."""

    def spoil(what):
        (tmp_path / "site").mkdir()
        (tmp_path / "site" / "sitecustomize.py").write_text(WATCH.format(what=what))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
        root = tmp_path / "in"
        root.mkdir()
        for name in ("a.txt", "b.txt", "y.txt", "z.txt"):
            (root / name).write_text(NUMBER)
        with zipfile.ZipFile(root / "k.xlsb", "w") as archive:
            archive.writestr("xl/workbook.bin", "")
            archive.writestr("xl/notes.txt", NUMBER)
        return root

    return spoil


def run(root, jobs=1, **limits):
    if jobs == "away":
        events = survey_remote(f"file://{root}", Task(b"k" * 32, Limits(**limits)))
    else:
        events = locate([Location(root)], key=b"k" * 32, jobs=jobs, means=Means(limits=Limits(**limits)))
    return {os.path.basename(e.path): e for e in events if isinstance(e, Located)}


HARM = {
    "crash": ("os.kill(os.getpid(), signal.SIGSEGV)", Problem.READER_CRASHED),
    "exit": ("os._exit(0)", Problem.READER_CRASHED),
    "hang": ("time.sleep(1000)", Problem.READER_HUNG),
    "memory": ("hog = b'x' * (1 << 30)", Problem.OVER_MEMORY),
}


@pytest.mark.parametrize("jobs", [1, 2, "away"])
@pytest.mark.parametrize("harm", HARM)
def test_a_reader_that_does_harm_costs_its_own_file_alone(harm, jobs, spoiled):
    if harm == "memory" and sys.platform != "linux":
        pytest.skip("only Linux limits the memory of a process here")
    what, problem = HARM[harm]
    # Whoever does no more than wait for its turn of the processor is not silent for long.
    with ends_by_itself(200):
        results = run(spoiled(what), jobs, **({"silence": 5.0} if harm == "hang" else {}))
    assert sorted(results) == ["a.txt", "b.txt", "k.xlsb", "y.txt", "z.txt"]
    assert results["k.xlsb"].record.problems == (problem,)
    assert results["k.xlsb"].look is Look.FOUND, "its bytes are searched all the same"
    assert all(results[f"{name}.txt"].look is Look.FOUND for name in "abyz")


def test_a_stop_is_heard_in_the_middle_of_one_large_file(tmp_path):
    path, before = tmp_path / "a.txt", set(below())
    with path.open("wb") as file:
        file.truncate(60 << 30)
    stream = locate([Location(tmp_path)], key=b"k")
    for _ in range(12):
        assert isinstance(next(stream), Progressed)
    with ends_by_itself():
        stream.close()
    assert soon(lambda: not set(below()) - before)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_takes_no_more_memory_than_it_is_given(tmp_path, values):
    made = values(2)
    line = (
        "".join(f"<c><v>{made.mobile()}</v></c>" for _ in range(20)).encode() + b"<c><v>word</v></c>" * 60_000
    )
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(60):
                sheet.write(line)
    peak = 0
    for event in locate([Location(tmp_path)], key=b"k"):
        for child in below().values():
            with suppress(psutil.NoSuchProcess):  # it ends just now
                peak = max(peak, child.memory_info().rss)
        if isinstance(event, Located):
            assert event.record.findings[0].count == 20
            assert event.record.problems == ()
    assert 0 < peak < 256 << 20


def test_where_no_process_can_begin_it_is_done_here(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("手机 13812345678 身份证 110101199003074610")
    monkeypatch.setattr("multiprocessing.spawn._python_exe", b"/nonexistent/python")
    events = list(locate([Location(tmp_path)], key=bytes(32), jobs=2))
    assert [one.look for one in events if isinstance(one, Located)] == [Look.FOUND]


def test_no_module_is_taken_from_the_folder_that_is_looked_at(tmp_path):
    script, place = tmp_path / "look.py", tmp_path / "place"
    script.write_text(
        "from pathlib import Path\n"
        "from app.domain.case import Location\n"
        "from app.steps.locate import locate\n"
        "if __name__ == '__main__':\n"
        "    print(sum(hasattr(e, 'look') for e in locate([Location(Path())], key=bytes(32), jobs=1)))\n"
    )
    place.mkdir()
    (place / "multiprocessing.py").write_text("open('taken', 'w')\n")
    env = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(
        [sys.executable, script], cwd=place, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"
    assert not (place / "taken").exists()


def test_a_file_that_takes_long_to_hash_is_no_reader_that_stands_still(tmp_path):
    """Nearly all of it is a hole: it is read in no time, and its digest takes longer than a silence may last."""
    with (tmp_path / "a.bin").open("wb") as file:
        file.write(b"\0\1\2 " + NUMBER.encode() + b" \0")
        file.truncate(4 << 30)
    located = run(tmp_path, silence=2.0)["a.bin"]
    assert located.look is Look.FOUND
    assert located.record.problems == (Problem.UNKNOWN_FORMAT,)
    assert located.record.sha256
