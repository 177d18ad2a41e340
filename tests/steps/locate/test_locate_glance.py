"""Many texts searched together, or one in parts, tell what each tells when it is looked at alone."""

from __future__ import annotations

import json
import random

import pytest

from app.domain.case import Location
from app.domain.event import Looked
from app.domain.record import Look
from app.steps.locate import Limits, job, locate, part, survey
from app.steps.locate.glance import look_at_groups
from app.steps.locate.look import look_at
from app.steps.locate.worker import Unwatched

KEY = bytes(range(32))
TASK = job.Task(KEY, Limits())


def _text(made, rng: random.Random) -> bytes:
    pieces = [
        *(made.id, made.mobile, made.card, made.uscc, made.email, made.plate),
        lambda: rng.choice(
            ["手机", "身份证号", "订单号", "卡号", "合同", "记账凭证\n", "\n", ",", "\t", " ", "x", "2023年"]
        ),
        lambda: str(rng.randrange(10 ** rng.randrange(1, 22))),
        lambda: rng.choice(
            ["１３８１２３４５６７８", "\\u5f20", "&#24352;", "—", "𠮷", "-----BEGIN RSA PRIVATE KEY-----"]
        ),
    ]
    text = "".join(rng.choice(pieces)() + rng.choice(["", " ", "\n", "，"]) for _ in range(rng.randrange(40)))
    data = text.encode(rng.choice(["utf-8", "utf-8", "utf-8", "gb18030", "utf-16"]))
    if rng.random() < 0.2:
        data += "\n客户 粤B12345 13812345678\n".encode("gb18030")
    return data


def test_texts_searched_together_end_as_each_alone(tmp_path, values):
    seed = random.randrange(1 << 30)
    rng, made = random.Random(seed), values(seed)
    names = []
    for number in range(250):
        name = rng.choice(["{}.txt", "13{:09}.log", "合同{}.txt", "{}.eml", "{}"]).format(number)
        names.append(name)
        (tmp_path / name).write_bytes(_text(made, rng))
    group = job.Group(str(tmp_path), str(tmp_path), "in", tuple(names))
    together = look_at_groups(job.Glance((group,)), TASK, Unwatched())
    found = 0
    for place, name in enumerate(names):
        alone = look_at(group.target(name), TASK, lambda: None)
        assert job.LOOKS[together.looks[place]] is alone.look, (seed, name)
        assert together.rows.get(place) == alone.row, (seed, name)
        found += alone.look is Look.FOUND
    assert 100 < found <= 250, seed


def _odd(made, rng: random.Random) -> dict[str, bytes]:
    """Files that are no plain text, or nearly none: each is to be looked at by whoever can read it."""
    chinese, ascii_head = "客户登记 粤B12345 的手机", b"plain ascii, line after line\n" * 200
    return {
        "empty.txt": b"",
        "nul.txt": b"\0" * 10,
        "chance.bin": rng.randbytes(5000),
        "long line.txt": b"x" * 60_000 + f" {made.mobile()}".encode(),
        "late gb.txt": ascii_head + f"{chinese} {made.mobile()}\n".encode("gb18030"),
        "late gb, no number.txt": ascii_head + "合同\n粤B12345\n".encode("gb18030") * 3,
        "big5.txt": "客戶的電話號碼與聯絡資料 這個公司\n".encode("cp950") * 20 + made.mobile().encode(),
        "utf16.txt": f"手机 {made.mobile()}\n".encode("utf-16-le"),
        "bom.txt": f"\ufeff手机 {made.mobile()}\n".encode(),
        "cut.txt": "手机号码".encode()[:-1],
        "cut and long.txt": ("手" * 21_845).encode() + b"\xe6",
        "surrogate.txt": b"\xed\xa0\x80 " + made.mobile().encode(),
        "over long.txt": b"\xc0\x80 " + made.mobile().encode(),
        "control.txt": b"\x01 " + made.mobile().encode(),
        "escape.txt": b"\x1b[0m " + made.mobile().encode() + b"\f\n",
        "in a pdf.txt": b"text\n%PDF-1.4 broken " + made.mobile().encode(),
        "one more.txt": b"1" * 65_537,
        "just so.txt": b"a" * (65_536 - 11) + made.mobile().encode(),
        "end.txt": made.mobile().encode(),
        "begin.txt": b"5" * 3,
        f"{made.mobile()}.txt": b"",
        "mail.eml": f"Subject: x\nFrom: {made.email()}\n\n{made.mobile()}".encode(),
        "table.csv": f"姓名,手机号\n张三,{made.mobile()}\n".encode(),
        "json.txt": b'{"\\u624b\\u673a": "' + made.mobile().encode() + b'"}',
        "账簿.txt": "记账凭证\n借方 贷方\n".encode(),
    }


@pytest.mark.parametrize("seed", range(3))
def test_odd_files_among_texts_end_as_each_alone(seed, tmp_path, values):
    rng, made = random.Random(seed), values(seed)
    files = _odd(made, rng) | {f"{number}.txt": _text(made, rng) for number in range(40)}
    names = list(files)
    rng.shuffle(names)
    for name in names:
        (tmp_path / name).write_bytes(files[name])
    group = job.Group(str(tmp_path), str(tmp_path), "in", tuple(names))
    together = look_at_groups(job.Glance((group,)), TASK, Unwatched())
    for place, name in enumerate(names):
        alone = look_at(group.target(name), TASK, lambda: None)
        assert job.LOOKS[together.looks[place]] is alone.look, name
        assert together.rows.get(place) == alone.row, name
        assert together.sizes[place] == len(files[name]), name


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_a_text_in_parts_tells_what_it_tells_as_a_whole(codec, tmp_path, values, monkeypatch):
    made = values(random.randrange(1 << 30))
    lines = [f"第{n}行 手机 {made.mobile()} 镕𠮷{made.id()} 客户很多很多\n" for n in range(3000)]
    lines.insert(7, "x" * 70_000 + made.mobile() + "\n")
    path = tmp_path / "large.txt"
    path.write_bytes("".join(lines).encode(codec))
    target = job.Target(str(path), str(tmp_path), "large.txt", job.NO_STAMP)
    assert part.shared_codec(target) == codec
    monkeypatch.setattr(part, "PART", 30_011)
    parts = part.parts_of(target, codec, path.stat().st_size)
    assert len(parts) > 8
    seen = [part.look_at_part(one, TASK, lambda: None) for one in parts]
    joined, whole = part.join(seen, target, TASK).row, look_at(target, TASK, lambda: None).row
    assert joined[3] == whole[3]
    assert json.loads(joined[2]) == json.loads(whole[2])


def test_a_large_text_is_shared_by_the_processes(tmp_path, values):
    made = values(5)
    line = "今天天气很好，我们去公园。" * 20 + "\n"
    numbers = [made.mobile() for _ in range(200)]
    with (tmp_path / "large.txt").open("w", encoding="utf-8") as file:
        for number in numbers:
            file.write(line * 400 + f"手机 {number}\n")
    assert (tmp_path / "large.txt").stat().st_size > 2 * part.PART
    (tmp_path / "small.txt").write_text(made.mobile())
    shared, alone = (
        [row for event in survey([Location(tmp_path)], key=KEY, jobs=jobs) if isinstance(event, Looked)
         for row in event.rows.values()]
        for jobs in (2, 0)
    )  # fmt: skip
    assert shared == alone
    assert sum(len(joined) for row in shared for _, joined in row[3]) == 201 * 16


def test_files_come_in_batches_and_each_is_told_once(tmp_path):
    for number in range(600):
        (tmp_path / f"{number}.txt").write_text("nothing")
    events = list(survey([Location(tmp_path)], key=KEY, jobs=1))
    looked = [event for event in events if isinstance(event, Looked)]
    assert [len(event.looks) for event in looked] == [256, 256, 88]
    paths = [one.path for one in locate([Location(tmp_path)], key=KEY, jobs=0) if hasattr(one, "path")]
    assert len(set(paths)) == len(paths) == 600
