"""What must not be touched, and what can hardly be named, through a whole case on the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

import app
from app.domain.case import Location, Role
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.step import Step
from app.flow import Flow, carry_out, case_folder, people_of, read_case_file
from app.identity import create

ROOT = Path(__file__).parents[2]
PERSON = "姓名,身份证号,手机\n张三,11010519491231002X,13812345678\n".encode()
PASSPHRASES = {"OFFICER": "a passphrase", "WITNESS": "another one"}
CASE = """\
case = "2026-044"
rehearsal = true
[company]
name = "示例科技有限公司"
uscc = "91350100M000100Y43"
{places}
[[decide]]
match = {{}}
fate = "{fate}"
[[person]]
role = "officer"
identity = "officer.p12"
passphrase_env = "OFFICER"
[[person]]
role = "witness"
identity = "witness.p12"
passphrase_env = "WITNESS"
[certificate]
out = "out"
names = "full"
"""
SAYS = {"zh": "不予处理", "en": "is protected"}
LANG = {"zh": "zh_CN.UTF-8", "en": "en_GB.UTF-8"}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    create("林晓文", Role.OFFICER, folder / "officer.p12", PASSPHRASES["OFFICER"])
    create("周建国", Role.WITNESS, folder / "witness.p12", PASSPHRASES["WITNESS"])
    return folder


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path, people: Path) -> Run:
    """Write a CASE.toml over locations and run it as somebody would."""
    for name in ("officer.p12", "witness.p12"):
        (tmp_path / name).write_bytes((people / name).read_bytes())

    def go(*places: str | Path, fate: Fate = Fate.WIPE, lang: str = "en") -> subprocess.CompletedProcess[str]:
        tables = "".join(f"[[location]]\npath = '{one}'\n" for one in places)
        (tmp_path / "CASE.toml").write_text(CASE.format(places=tables, fate=fate.value), encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-m", "app", "run", str(tmp_path / "CASE.toml")],
            capture_output=True,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            env={**os.environ, **PASSPHRASES, "LANG": LANG[lang], "HOME": str(tmp_path / "home")},
            cwd=ROOT,
            timeout=60,
            check=False,
        )

    return go


Opened = Callable[[Path], Flow]


@pytest.fixture
def opened(tmp_path: Path, people: Path) -> Iterator[Opened]:
    """Open a case and declare a location for it, as the window does."""
    flows: list[Flow] = []

    def go(place: Path) -> Flow:
        for name in ("officer.p12", "witness.p12"):
            (tmp_path / name).write_bytes((people / name).read_bytes())
        case_file = tmp_path / "CASE.toml"
        case_file.write_text(CASE.format(places="", fate="leave"), encoding="utf-8")
        case = read_case_file(case_file)
        folk = people_of(case, lambda _, name: PASSPHRASES[name])
        flows.append(Flow.create(case_folder(case_file, case), case, folk[0]))
        flows[0].declare(replace(case, locations=(Location(place),)))
        return flows[0]

    yield go
    for flow in flows:
        flow.close()


def inventory(folder: Path) -> dict[str, tuple[str, str]]:
    """Of each line of the inventory its outcome and limits, by the end of its name."""
    import csv

    with (folder / "out" / "inventory.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["名称 name"].rpartition("/")[2]: (row["结果 outcome"], row["限制 limits"])
        for row in rows
        if row["对象 subject"] == "record"
    }


APP = str(Path(app.__file__).parent)
HOME = os.path.expanduser("~")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="these are the places of Linux")


@on_linux
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("place", ["/etc", APP], ids=["system", "program"])
def test_a_protected_location_is_refused(run: Run, tmp_path: Path, place: str, lang: str) -> None:
    """Nothing here may be destroyed, whatever goes wrong: so every record would be left."""
    done = run(place, fate=Fate.LEAVE, lang=lang)
    assert done.returncode == 1, done.stderr[-500:]
    assert SAYS[lang] in done.stderr
    assert place in done.stderr
    assert not (tmp_path / "2026-044").exists()


@on_linux
@pytest.mark.parametrize(
    "place",
    [
        "/",
        "/etc",
        "/boot",
        "/usr/share",
        "/var",
        "/proc/self",
        "/home",
        HOME,
        sys.prefix,
        APP,
        "a link",
        "the case",
    ],
)
def test_a_case_over_a_protected_location_is_not_opened(opened: Opened, tmp_path: Path, place: str) -> None:
    """Nothing is looked at here, so that `/` may be named even where it is not refused."""
    if place == "a link":
        (tmp_path / "客户").symlink_to("/etc")
    named = {"a link": tmp_path / "客户", "the case": tmp_path / "2026-044"}.get(place, Path(place))
    with pytest.raises(Refused) as refused:
        opened(named)
    assert refused.value.fault is Fault.PROTECTED_PLACE
    assert refused.value.subject == str(named)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_paths_that_are_too_long_and_names_that_are_no_text(run: Run, tmp_path: Path) -> None:
    top = tmp_path / "客户"
    top.mkdir()
    strange = [
        b"\xbf\xcd\xbb\xa7\xff.csv",
        b"new\nline.csv",
        b"-rf.csv",
        b" .csv",
        "é.csv".encode(),
        b"x" * 251 + b".csv",
    ]
    for name in strange:
        Path(os.fsdecode(os.fsencode(top) + b"/" + name)).write_bytes(PERSON)
    deep = _deep(top, 5000)
    done = run(top)
    assert done.returncode == 3, "what could not be reached is an exception"
    assert "Traceback" not in done.stderr
    assert [name for name in os.listdir(os.fsencode(top)) if name.endswith(b".csv")] == []
    assert _read_deep(top, deep) == PERSON
    ends = inventory(tmp_path)
    # A name that is no text is printed by its bytes.
    assert "<0xBF>ͻ<0xA7><0xFF>.csv" in ends
    assert "new<U+000A>line.csv" in ends
    (unreached,) = (name for name in ends if not name.endswith(".csv"))
    assert ends.pop(unreached)[0] == "Outcome.failed"
    assert len(ends) == len(strange)
    assert {outcome for outcome, _ in ends.values()} <= {"Outcome.overwritten", "Outcome.proven"}


def _deep(top: Path, length: int) -> list[str]:
    """A folder that no single call can name, with a record at its end."""
    fd, names = os.open(top, os.O_RDONLY), []
    while sum(len(name) + 1 for name in names) < length:
        names.append("深" * 80)
        os.mkdir(names[-1], dir_fd=fd)
        inner = os.open(names[-1], os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
        length -= 160
    file = os.open("a.csv", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=fd)
    os.write(file, PERSON)
    os.close(file)
    os.close(fd)
    return names


def _read_deep(top: Path, names: list[str]) -> bytes:
    fd = os.open(top, os.O_RDONLY)
    for name in names:
        inner = os.open(name, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    file = os.open("a.csv", os.O_RDONLY, dir_fd=fd)
    with os.fdopen(file, "rb") as opened:
        found = opened.read()
    os.close(fd)
    return found


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A folder of the customers on which something else is mounted."""
    inner, other = tmp_path / "客户" / "另一个盘", tmp_path / "盘"
    inner.mkdir(parents=True)
    other.mkdir()
    (tmp_path / "客户" / "a.csv").write_bytes(PERSON)
    (other / "b.csv").write_bytes(PERSON)
    done = subprocess.run(["mount", "--bind", other, inner], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no bind mount here: {done.stderr.decode(errors='replace').strip()}")
    yield inner
    with suppress(subprocess.CalledProcessError):
        subprocess.run(["umount", inner], check=True, capture_output=True)


def test_a_mount_inside_is_not_crossed(run: Run, tmp_path: Path, mounted: Path) -> None:
    done = run(tmp_path / "客户")
    assert done.returncode == 3
    assert (mounted / "b.csv").read_bytes() == PERSON
    assert not (tmp_path / "客户" / "a.csv").exists()
    assert inventory(tmp_path)["b.csv"] == ("Outcome.failed", "mount_crossed")


def test_a_mount_that_is_named_is_wiped_too(run: Run, tmp_path: Path, mounted: Path) -> None:
    done = run(tmp_path / "客户", mounted)
    assert done.returncode == 0, done.stderr[-500:]
    assert not (mounted / "b.csv").exists()
    assert mounted.is_dir(), "a location is never removed"


def test_the_case_folder_inside_a_location_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(PERSON)
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    assert not (tmp_path / "a.csv").exists()
    for kept in ("2026-044/journal.jsonl", "2026-044/case.toml", "out/certificate.pdf", "officer.p12"):
        assert (tmp_path / kept).is_file(), kept
    assert set(inventory(tmp_path)) <= {"a.csv", "CASE.toml"}


def test_a_folder_that_becomes_a_link_after_it_was_signed_for(run: Run, tmp_path: Path, people: Path) -> None:
    """Between the look and the act: what the command line draws, stopped there once."""
    inner, other = tmp_path / "客户" / "甲方", tmp_path / "别处"
    inner.mkdir(parents=True)
    for name in ("a.csv", "b.csv"):
        (inner / name).write_bytes(PERSON)
    (tmp_path / "客户" / "c.csv").write_bytes(PERSON)
    case_file = tmp_path / "CASE.toml"
    tables = f"[[location]]\npath = '{tmp_path / '客户'}'\n"
    case_file.write_text(CASE.format(places=tables, fate="wipe"), encoding="utf-8")
    case = read_case_file(case_file)
    folk = people_of(case, lambda _, name: PASSPHRASES[name])
    flow = Flow.create(case_folder(case_file, case), case, folk[0])
    try:
        for _ in carry_out(flow, folk, lambda _, name: PASSPHRASES[name]):
            if flow.done(Step.SIGN) and not other.exists():
                inner.rename(other)
                inner.symlink_to(other)
    finally:
        flow.close()
    assert sorted(path.name for path in other.iterdir()) == ["a.csv", "b.csv"]
    assert {path.read_bytes() for path in other.iterdir()} == {PERSON}
    ends = inventory(tmp_path)
    assert ends["a.csv"] == ends["b.csv"] == ("Outcome.failed", "link")
    assert ends["c.csv"][0] in ("Outcome.overwritten", "Outcome.proven")
