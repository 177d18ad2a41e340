"""Fuzz the readers of locate, guided by coverage: whatever a file holds, the look at it ends, and in order.

    pip install atheris
    python benchmarks/fuzz_readers.py [--seconds 1800] [--seed 1] [--keep FOLDER]

One seed of each format is made anew. An input is looked at as a file is, in this process; what raises,
takes more than ten seconds or ends the process is kept in FOLDER and counted as a finding. Ends with 1
when there was one.
"""

from __future__ import annotations

import argparse
import base64
import importlib.util
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

TEXT: Final = "客户 张三 手机 13812345678 身份证号 11010519491231002X\n"
WORD: Final = "geheim"
_SLOW: Final = 10.0
_NAMES: Final = ("a.bin", "客户.eml", "a.csv", "1.emlx")


def seeds() -> dict[str, bytes]:
    """Give one small file of each format."""
    old: Any = _tests("test_locate_old_formats")
    locked: Any = _tests("test_locate_passwords")
    more: Any = _tests("test_locate_additions")
    members = {"a/一.csv": TEXT.encode("gb18030"), "b.txt": TEXT.encode() * 9}
    mail = _mail()
    return {
        "doc": old.doc_bytes([(TEXT, False), ("plain", True)]),
        "ppt": old.ppt_bytes("客户的手机号码是这个： 13812345678"),
        "msg": old.msg_bytes(TEXT, [("a.txt", TEXT.encode()), ("b.zip", _zip(members))]),
        "dbf": old.dbf_bytes(
            [("张三", "11010519491231002X", "13812345678", 1)] * 3, ("姓名", "证", "机", "数")
        ),
        "7z": old.sevenzip_bytes(members),
        "7z-locked": old.sevenzip_bytes(members, password=WORD, header_encryption=True),
        "zip": _zip(members | {"in.zip": _zip(members)}),
        "zip-locked": locked.zip_crypto("a.txt", TEXT.encode() * 20, WORD.encode()),
        "doc-locked": locked.locked_doc(WORD),
        "xlsx-locked": locked.locked_workbook(WORD),
        "xlsx": locked.workbook(),
        "docx": _zip(
            {"[Content_Types].xml": b"<x/>", "word/document.xml": f"<w:p><w:t>{TEXT}</w:t></w:p>".encode()}
        ),
        "eml": mail,
        "mbox": b"From a Mon Jan  1 00:00:00 2024\n" + mail + b"\nFrom b Mon Jan  1 00:00:00 2024\n" + mail,
        "emlx": b"%d\n" % len(mail) + mail + b"<plist/>",
        "rar4": more.rar4_bytes(members),
        "rar5": more.rar5_bytes(members),
        "rar5-locked": more.locked_rar5(members),
        "rar5-solid": base64.b64decode(more.SOLID),
        "mdb": b"\0\1\0\0Standard Jet DB\0\1" + bytes(8192) + TEXT.encode("utf-16-le"),
        "accdb": more.mdb_bytes([(1, "张三", "110105194912310020", "13812345678")]),
        "pst": more.a_store([({0x1000: (more.pst.TEXT, TEXT)}, [("a.txt", TEXT.encode())])]),
        "png": b"\x89PNG\r\n\x1a\n" + TEXT.encode(),
        "tar": _tar(members),
        "pdf": _pdf(),
        "sqlite": _sqlite(),
        "rtf": b"{\\rtf1 \\u23458? 13812345678 \\'d0\\'d5\\par}",
        "csv": f"姓名,手机\n张三,13812345678\n{TEXT}".encode("gb18030"),
        "json": b'{"\\u624b\\u673a": "13812345678", "a": "&#x31;3912345678"}',
        "utf16": TEXT.encode("utf-16"),
        **_squeezed(TEXT.encode() * 9),
    }


def _tests(name: str) -> ModuleType:
    """Borrow the writers of old formats from the tests."""
    path = ROOT / "tests" / "steps" / "locate" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _zip(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()


def _mail() -> bytes:
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "张三 <b@example.com>", "客户 13812345678"
    mail.set_content(TEXT)
    mail.add_attachment(TEXT.encode("gb18030"), "application", "octet-stream", filename="客户.csv")
    inner = EmailMessage()
    inner.set_content(TEXT)
    mail.add_attachment(inner)
    return mail.as_bytes()


def _tar(members: dict[str, bytes]) -> bytes:
    import tarfile

    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return held.getvalue()


def _pdf() -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    held = io.BytesIO()
    canvas = Canvas(held, pageCompression=0)
    canvas.drawString(40, 700, "13812345678 and 11010519491231002X")
    canvas.acroForm.textfield(name="mobile", x=40, y=600, value="13812345678")
    canvas.save()
    return held.getvalue()


def _sqlite() -> bytes:
    import sqlite3

    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE customers (name, mobile)")
    database.execute("INSERT INTO customers VALUES ('张三', '13812345678')")
    database.commit()
    return database.serialize()


def _squeezed(data: bytes) -> dict[str, bytes]:
    import bz2
    import gzip
    import lzma

    return {"gz": gzip.compress(data), "bz2": bz2.compress(data), "xz": lzma.compress(data)}


class Findings:
    """What went wrong, once for each place in the code, with the input that showed it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.seen: dict[str, int] = {}
        self.runs = 0

    def take(self, what: str, data: bytes) -> None:
        """Keep the first input of its kind."""
        if what not in self.seen:
            (self._folder / f"finding-{len(self.seen)}.bin").write_bytes(data)
        self.seen[what] = self.seen.get(what, 0) + 1
        self.save()

    def save(self) -> None:
        """Lay the count where the parent reads it: the process may end in any moment."""
        told = json.dumps({"runs": self.runs, "seen": self.seen}, indent=1)
        (self._folder / "findings.json").write_text(told, encoding="utf-8")


def target(findings: Findings) -> Callable[[bytes], None]:
    """Make what looks at one input; its first byte chooses the name of the file."""
    from app.steps.locate.job import NO_STAMP, Target, Task
    from app.steps.locate.limits import Account, Limits, Means
    from app.steps.locate.look import Seen, judge, search
    from app.steps.locate.passwords import Passwords
    from app.steps.locate.read import passages
    from app.steps.locate.read.source import Source
    from app.steps.locate.tally import Tally

    limits = Limits(depth=3, bytes=32 << 20, members=500, held=4 << 20)
    task = Task(b"k" * 32, limits, means=Means(Passwords([WORD]), limits=limits))

    def look(data: bytes) -> None:
        name = _NAMES[data[0] % len(_NAMES)] if data else "empty"
        seen = Seen(NO_STAMP, [], Tally(task.key))
        began = time.monotonic()
        try:
            account = Account(problems=seen.problems)
            search(Source.of_bytes(name, data[1:]), task, account, seen, passages)
            judge(Target(f"/in/{name}", "/in", name, NO_STAMP), seen, task)
        except Exception as error:  # noqa: BLE001  what must not happen, and is counted
            frames = [f for f in traceback.extract_tb(error.__traceback__) if "locate" in f.filename]
            at = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
            findings.take(f"{type(error).__name__} at {at}: {str(error)[:80]}", data)
        if time.monotonic() - began > _SLOW:
            findings.take(f"slow: {name} {data[1:9].hex()}", data)
        findings.runs += 1
        if not findings.runs % 1000:
            findings.save()

    return look


def _repacked(data: bytes, most: int, rng: random.Random, mutate: Callable[[bytes, int], bytes]) -> bytes:
    """Change what is inside a zip and pack it again, its checksums right: else little comes past them."""
    try:
        with zipfile.ZipFile(io.BytesIO(data[1:])) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()[:20]}
    except Exception:  # noqa: BLE001  no zip any more
        return mutate(data, most)
    if not members:
        return mutate(data, most)
    name = rng.choice(list(members))
    members[name] = mutate(members[name], max(len(members[name]) * 2, 64))
    return (data[:1] + _zip(members))[:most]


def _child(folder: Path, seconds: int, seed: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["app.steps.locate", "olefile", "msoffcrypto"]):
        findings = Findings(folder)
        findings.save()
        look = target(findings)
        from app.steps.locate.read import (  # noqa: F401  each is imported where it is instrumented
            access,
            archive,
            database,
            dbf,
            locked_7z,
            locked_office,
            locked_zip,
            mail,
            ole,
            pdf,
            picture,
            pst,
            rar,
            sevenzip,
        )

    def change(data: bytes, most: int, number: int) -> bytes:
        rng = random.Random(number)
        mutate: Callable[[bytes, int], bytes] = atheris.Mutate
        if data[1:3] == b"PK" and rng.random() < 0.6:
            return _repacked(data, most, rng, mutate)
        return mutate(data, most)

    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, (name, data) in enumerate(seeds().items()):
        (corpus / name).write_bytes(bytes([number]) + data)
    options = [
        *(f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=65536", "-timeout=60"),
        *("-rss_limit_mb=1536", "-print_final_stats=1", f"-artifact_prefix={folder}/", str(corpus)),
    ]
    atheris.Setup([sys.argv[0], *options], look, custom_mutator=change)
    atheris.Fuzz()


def main() -> int:
    """Run the campaign in a process of its own, and print what it found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=int, default=1800)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--keep", type=Path)
    asked.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = asked.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="lethe-fuzz-"))
    folder.mkdir(parents=True, exist_ok=True)
    if given.child:
        _child(folder, given.seconds, given.seed)
        return 0
    command = [sys.executable, __file__, "--child", "--keep", str(folder)]
    command += ["--seconds", str(given.seconds), "--seed", str(given.seed)]
    with (folder / "log").open("wb") as log:
        done = subprocess.run(command, check=False, stdout=log, stderr=log, cwd=ROOT, env=os.environ)
    told = (folder / "log").read_text(encoding="utf-8", errors="replace")
    for line in re.findall(r"^stat::.*|^==\d+==.*|^SUMMARY.*", told, re.MULTILINE):
        print(line)
    if not (folder / "findings.json").is_file():
        print(told[-2000:])
        return 1
    said = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    print(f"{said['runs']:,} inputs looked at, {len(said['seen'])} findings; kept in {folder}")
    for what, count in said["seen"].items():
        print(f"{count:6}  {what}")
    return int(bool(said["seen"]) or done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
