"""Lines taken together tell what each of them tells alone, with the same evidence; drawn anew in each run."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import date
from itertools import pairwise

import openpyxl
import pytest

from app.domain.record import Look, Problem
from app.domain.row import MAC
from app.steps.locate import Limits, checks, columns, engine, hashes, sums
from app.steps.locate import look as looking
from app.steps.locate.hashes import better
from app.steps.locate.passage import Passage
from app.steps.locate.read import ahead, office, workbook
from app.steps.locate.sight import sightings
from tests.held import leaves_no_thread

HEADS = (
    *("", "", "手机号", "身份证号", "银行卡号", "邮箱", "订单号", "电话 邮箱", "QQ", "备注"),
    *("证件号码 手机 卡号", "编号", "姓名"),
)


class Lines:
    """Draws lines of all sorts: right ones, near misses, and what only looks like one."""

    def __init__(self, seed: int, values) -> None:
        self.rng, self.values = random.Random(seed), values(seed)

    def id(self) -> str:
        rng = self.rng
        region = rng.choice(("110101", "440305", "620102", "650103", "810000", "830000", "910101", "310115"))
        day = rng.choice(
            ("19800229", "19810229", "20000229", "19900431", f"{self.day(1799, 2031)}", self.day())
        )
        first = f"{region}{day}{rng.randrange(1000):03}"
        return first + (checks.id_check(first) if rng.random() < 0.8 else rng.choice("0123456789Xx"))

    def day(self, first: int = 1950, last: int = 2020) -> str:
        rng = self.rng
        return f"{rng.randrange(first, last)}{rng.randrange(1, 13):02}{rng.randrange(1, 31):02}"

    def card(self) -> str:
        rng = self.rng
        first = rng.choice(("622848", "621700", "4", "5", "9558", "95", "35", "81", "60", "99", "1234"))
        first += "".join(
            rng.choices("0123456789", k=rng.choice((13, 15, 16, 16, 17, 18, 19)) - 1 - len(first))
        )
        right = next(first + str(n) for n in range(10) if checks.luhn(first + str(n)))
        return right if rng.random() < 0.7 else first + rng.choice("0123456789")

    def mail(self) -> str:
        n = self.rng.randrange(10 ** self.rng.randrange(1, 9))
        return self.rng.choice(
            (
                *(f"kehu{n}@example.com", f"zhang.san{n}@qq.com", "13812345678@163.com", f"a_b{n}@126.com"),
                *(f"E{n:08}@x.com", f"e{n:08}@x.com", f"wxid_abcdefghij{n}@qq.com", f"qq.{n:06}@qq.com"),
                *(
                    "Li.Lei@Foo.cn",
                    f"phone{n}@x.com",
                    "x@y.png",
                    "a@email.cn",
                    f"order_id{n}@a.com",
                    f"{n}@qq.com",
                ),
            )
        )

    def plain_mail(self) -> str:
        host = self.rng.choice(("qq", "163", "example", "foxmail", "mail3.example"))
        return f"kehu{self.rng.randrange(10**8)}@{host}.com"

    def number(self) -> str:
        return str(self.rng.randrange(10 ** self.rng.randrange(1, 22)))

    def odd(self) -> str:
        n = self.rng.randrange(10**8)
        return self.rng.choice(
            (
                *(
                    "",
                    f"{n / 100:.2f}",
                    f"0571-{n:08}",
                    f"138-{n // 10000:04}-{n % 10000:04}",
                    f"+86 138{n:08}",
                ),
                *(
                    "6" * 16,
                    "1234567890123456",
                    "abc",
                    "订单 12",
                    "order id 5",
                    "2026-11-22",
                    f"138{n:08} ",
                    "京A12345",
                ),
                *(
                    "BEGIN RSA PRIVATE KEY-----",
                    self.values.uscc(),
                    "110101900307123",
                    f"1{n:010}",
                    f"E{n:08}",
                ),
            )
        )

    def passage(self) -> Passage:
        rng = self.rng
        some = rng.sample(
            (self.values.mobile, self.id, self.card, self.mail, self.plain_mail), rng.randrange(1, 4)
        )
        if rng.random() < 0.5:
            some = [self.values.mobile, self.values.id, self.plain_mail, lambda: self.values.card(16)]
        some += [self.odd] * (rng.random() < 0.25) + [self.number] * (rng.random() < 0.2)
        lines = [rng.choice(some)() for _ in range(rng.randrange(1, 40))]
        lines += lines[:5] if rng.random() < 0.3 else []
        text = "\n".join(lines) + rng.choice(("", "\n"))
        return Passage(text.encode(), rng.choice(HEADS), column=rng.random() < 0.6)


def _alone(passage: Passage | None) -> dict[str, dict[str, int]]:
    told: dict[str, dict[str, int]] = {}
    if passage:
        for _, _, kind, value, why in sightings(passage, engine.best_engine(), date.today()):
            known = told.setdefault(kind, {})
            known[value] = better(kind, known.get(value), why)
    return told


def test_lines_taken_together_are_told_as_each_alone(values):
    seed = random.randrange(1 << 30)
    lines, taken = Lines(seed, values), 0
    for _ in range(3000):
        passage = lines.passage()
        told, rest = columns.together(passage, engine.best_engine(), date.today())
        if told is None:
            assert rest is passage
            continue
        taken += 1
        for kind, known in _alone(rest).items():
            for value, why in known.items():
                known_too = told.setdefault(kind, {})
                known_too[value] = better(kind, known_too.get(value), why)
        assert {kind: known for kind, known in told.items() if known} == _alone(passage), (seed, passage)
    assert taken > 500


def test_the_sums_of_many_are_those_of_each(values):
    seed = random.randrange(1 << 30)
    rng, lines = random.Random(seed), Lines(seed, values)
    numbers = [one.upper() for one in (lines.id() for _ in range(500)) if one[:17].isdigit()]
    told = sums.identity_numbers("".join(numbers).encode())
    assert [bool(one) for one in told] == [checks.id_checksum(one) for one in numbers], seed
    assert 0 in told
    assert 1 in told
    for length in (13, 16, 17, 19):
        cards = ["".join(rng.choices("0123456789", k=length)) for _ in range(300)]
        told = sums.cards("".join(cards).encode(), length)
        assert [bool(one) for one in told] == [checks.luhn(one) for one in cards], seed


@pytest.mark.parametrize(
    ("kind", "value"),
    [("wechat", "wxid_abcdefgh1jklm"), ("secret.key", "LTAI5tAbCdEfGhIjKl"), ("cn.id", "11010519491231002x")],
)
def test_what_is_as_long_as_an_identity_number_keeps_its_letters(kind, value, values, look, tmp_path):
    made = values(5)
    lines = [*(made.id() for _ in range(20)), value, "11010519491231002X", *(made.id() for _ in range(20))]
    passage = Passage("\n".join(lines).encode(), "证件", column=True)
    told, rest = columns.together(passage, engine.best_engine(), date.today())
    seen = {name: set(known) for name, known in _alone(rest).items()}
    for name, known in (told or {}).items():
        seen.setdefault(name, set()).update(known)
    assert seen[kind] == set(_alone(passage)[kind])
    assert value in seen[kind] or kind == "cn.id"


def _book(path, lines: Lines, *, shared: bool, headed: bool) -> None:
    rng = lines.rng
    book = openpyxl.Workbook(write_only=not shared)
    if shared:
        book.remove(book.active)
    sheet = book.create_sheet("客户")
    if headed:
        sheet.append(
            ["姓名", *rng.sample(("手机号", "身份证号", "卡号", "邮箱", "订单号", "备注", "金额"), 5)]
        )
    makers = (lines.values.mobile, lines.values.id, lines.card, lines.plain_mail, lines.id, lines.mail)
    kept = [rng.choice(makers) for _ in range(5)]
    doubt = rng.choice((0.0, 0.02, 0.3))
    for number in range(rng.choice((5, 60, 400))):
        row = [lines.odd() if rng.random() < doubt else make() for make in kept]
        as_numbers = [
            int(one) if one.isdigit() and len(one) < 15 and rng.random() < 0.5 else one for one in row
        ]
        sheet.append([f"张{number}", *as_numbers])
    book.save(path)


@pytest.mark.parametrize("shared", [True, False], ids=["shared strings", "strings in their cells"])
def test_a_workbook_tells_the_same_by_either_way(shared, look, values, tmp_path, monkeypatch):
    seed = random.randrange(1 << 30)
    lines = Lines(seed, values)
    for number in range(24):
        _book(tmp_path / "in" / f"{number}.xlsx", lines, shared=shared, headed=number % 3 > 0)
    soon = look()
    _one_by_one(monkeypatch)
    late = look()
    for name, located in late.items():
        assert located.record, (seed, name)
        assert soon[name].record.findings == located.record.findings, (seed, name)


def test_a_long_sheet_read_ahead_tells_what_it_tells_block_by_block(look, values, tmp_path, monkeypatch):
    seed = random.randrange(1 << 30)
    made = values(seed)
    monkeypatch.setattr(ahead, "_BLOCK", 1 << 12)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("客户")
    sheet.append(["姓名", "手机号", "身份证号", "卡号", "备注"])
    ids = [made.id() for _ in range(1500)]  # once in a hundred runs two are the same
    for number, one in enumerate(ids):
        sheet.append([f"张{number}", made.mobile(), one, made.card(), f"{number} A&B"])
    book.save(tmp_path / "in" / "a.xlsx")
    with leaves_no_thread():
        soon = look()["a.xlsx"]
    monkeypatch.setattr(ahead, "_SHORT", 1 << 30)
    _one_by_one(monkeypatch)
    late = look()["a.xlsx"]
    assert soon.record.findings == late.record.findings, seed
    assert {one.kind: one.count for one in late.record.findings}["cn.id"] == len(set(ids))


def test_what_breaks_a_sheet_far_inside_is_told_and_what_came_before_counts(look, values, tmp_path):
    made = values(random.randrange(1 << 30))
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{made.mobile()}</v></c></row>' for n in range(1, 120_000))
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{rows}</sheetData></worksheet>")
    broken = bytearray(whole.getvalue())
    middle = len(broken) * 3 // 4
    broken[middle : middle + 2000] = bytes(2000)
    (tmp_path / "in" / "broken.xlsx").write_bytes(broken)
    bomb = whole.getvalue()
    (tmp_path / "in" / "bomb.xlsx").write_bytes(bomb)
    with leaves_no_thread():
        located = look(limits=Limits(bytes=4 << 20))
    assert located["bomb.xlsx"].record.problems == (Problem.BOMB_BYTES,)
    assert located["bomb.xlsx"].look is Look.FOUND
    told = look()["broken.xlsx"].record
    assert told.problems
    assert {one.kind: one.count for one in told.findings}["cn.mobile"] > 10_000


def test_what_is_raised_aside_is_raised_where_it_was_asked():
    def fail() -> bytes:
        raise ValueError("broken")

    with leaves_no_thread(), ahead.Aside() as aside:
        first, second = aside.ask(fail), aside.ask(lambda: b"1")
        assert second() == b"1"
        with pytest.raises(ValueError, match="broken"):
            first()


def test_packed_hashes_are_those_of_a_table(monkeypatch):
    rng = random.Random()
    monkeypatch.setattr(hashes, "_FEW", 50)
    monkeypatch.setattr(hashes, "_SLACK", 400)
    held, plain = hashes.Hashes("cn.mobile"), dict[bytes, int]()
    known = [rng.randbytes(MAC) for _ in range(700)]
    for _ in range(300):
        new = {rng.choice(known): rng.choice((1, 17, 49)) for _ in range(rng.randrange(1, 30))}
        for mac, why in new.items():
            plain[mac] = better("cn.mobile", plain.get(mac), why)
        held.take(dict(new))
    parts = list(held.parts())
    assert {mac: why for part in parts for mac, why in part.items()} == plain
    assert sum(map(len, parts)) == len(plain)
    assert len(held) < 3 * len(plain), "what came again is let go of"
    for first, second in pairwise(part for part in parts if part):
        assert max(first) < min(second)


def _one_by_one(monkeypatch) -> None:
    """Ask of every cell alone, in every way there is to take several."""
    monkeypatch.setattr(looking, "together", lambda passage, *_: (None, passage))
    monkeypatch.setattr(workbook, "take_columns", lambda xml: ({}, xml))
    monkeypatch.setattr(workbook, "take_strings", lambda xml: ((), xml))


TEXTS = (
    "<w:p><w:r><w:t>a</w:t></w:r></w:p>", "<w:br/>", '<w:br w:type="page"/>', "<w:tab/>", "<a:p>", "</a:p>", "<a:br/>",
    "<text:p>", "</text:p>", "<text:span>", "</text:span>", "<text:s/>", '<text:s text:c="2"/>', "<text:line-break/>",
    "</w:tc>", "</a:tc>", "<w:t>", "</w:t>", "<w:r>", "</w:r>", "<w:p>", "</w:p>", "手机 138", "00138000", " > ", "&amp;",
    "\n", "<x y='1>2'/>", '<c r="A1"><v>', "</v></c>", "<row>", "</row>", "<si>", "</si>", "<is><t>", "</t></is>",
)  # fmt: skip
_OF_CELLS = 8


@pytest.mark.parametrize("cells", [True, False], ids=["cells", "paragraphs"])
def test_text_between_tags_is_taken_as_by_dropping_tags(cells):
    rng = random.Random()
    texts = TEXTS if cells else TEXTS[:-_OF_CELLS]
    for _ in range(3000):
        xml = "".join(rng.choice(texts) for _ in range(rng.randrange(1, 30))).encode()
        fast, slow = office._plain(xml, cells), office._plain_by_tags(xml, cells)
        assert [one for one in fast.split(b"\n") if one] == [one for one in slow.split(b"\n") if one], xml


def test_a_truncated_tag_stays_text():
    for xml in (b"<w:p><w:t>1</w:t></w:p><w:p x=13800138000", b"13800138000</w:t></w:p>"):
        assert b"13800138000" in office._plain(xml, False)
        assert b"13800138000" in office._plain(xml, True)
