"""Three engines, one result; and what stands between two characters."""

from __future__ import annotations

import random
import re
from datetime import date

import pytest

from app.steps.locate import engine as engines
from app.steps.locate import grade
from app.steps.locate.passage import Passage
from app.steps.locate.sight import Sighting, sightings
from benchmarks.planted import PLANTS, decoy

TODAY = date(2026, 11, 21)
SUBJECT = "13912345678"
ALL = [engines.hyperscan_engine, engines.re2_engine, engines.re_engine]


def found(text: str, header: str = "", engine=None) -> list[Sighting]:
    scan = engine or engines.best_engine("")
    return sightings(Passage(text.encode(), header, column=bool(header)), scan, TODAY)


def kinds(text: str, header: str = "") -> dict[str, str]:
    return {s.kind: s.value for s in found(text, header) if grade.confidence(s.kind, s.why) >= grade.FLOOR}


def _noise(made) -> str:
    rng = made.rng
    makers = [
        made.id,
        made.mobile,
        lambda: made.card(rng.choice([16, 19])),
        made.uscc,
        lambda: "".join(rng.choice("0123456789") for _ in range(rng.randrange(1, 40))),
        lambda: "".join(rng.choice("0123456789abcdefABCDEFXx-+ ()") for _ in range(rng.randrange(1, 60))),
        made.email,
        made.plate,
        lambda: rng.choice(
            ["手机", "身份证号", "卡号", "订单号", "银行卡号", "tel", "E-MAIL", "id card", "信用代码"]
        ),
        lambda: rng.choice(
            ["的", "镕", "𠮷", "、", "：", "，", " ", "\n", "\t", "-", "@", "×", "\u00a0", "x"]
        ),
        lambda: made.id().translate({48 + i: 0xFF10 + i for i in range(10)}),
        lambda: re.sub(r"(.{6})(.{8})(.{4})", r"\1 \2 \3", made.id()),
        lambda: re.sub(r"(.{3})(.{4})(.{4})", r"+86 \1-\2-\3", made.mobile()),
        lambda: "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA" + "x" * 16,
        lambda: "AGE-SECRET-KEY-1QQQQQQQQQQQQ",
        *(lambda one=one: one.value(rng)[0] for one in PLANTS),
        *(lambda one=one: one.before + one.value(rng)[0] for one in PLANTS),
        *[lambda: decoy(rng)] * 5,
        lambda: SUBJECT,
    ]
    return "".join(rng.choice(makers)() for _ in range(60))


@pytest.mark.parametrize("subject", ["", SUBJECT, "张 三"])
def test_three_engines_see_the_same(subject, values):
    wanted = engines.expressions(subject)
    scans = [make(wanted) for make in ALL]
    total = 0
    for seed in range(120):
        text = _noise(values(seed))
        first, second, third = (found(text, engine=scan) for scan in scans)
        assert first == second == third, seed
        total += len(first)
    assert total > 1000


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("的13812345678是", "cn.mobile", "13812345678"),
        ("镕13812345678𠮷", "cn.mobile", "13812345678"),
        ("+86 138-1234-5678", "cn.mobile", "13812345678"),
        ("0086 138 1234 5678", "cn.mobile", "13812345678"),
        ("(86)13812345678", "cn.mobile", "13812345678"),
        ("8613812345678", "cn.mobile", "13812345678"),
        ("１３８１２３４５６７８", "cn.mobile", "13812345678"),
        ("13812345678.0", "cn.mobile", "13812345678"),
        ("110101 19900307 4610", "cn.id", "110101199003074610"),
        ("110101-19900307-4610", "cn.id", "110101199003074610"),
        ("1101 0119 9003 0746 10", "cn.id", "110101199003074610"),
        ("11010519491231002 X", "cn.id", "11010519491231002X"),
        ("号11010519491231002-x。", "cn.id", "11010519491231002X"),
        ("11010519491231002 X 4", "cn.id", "11010519491231002X"),
        ("11010519491231002x", "cn.id", "11010519491231002X"),
        ("11010519491231002Ｘ", "cn.id", "11010519491231002X"),
        ("11010519491231002×", "cn.id", "11010519491231002X"),
        ("11010519491231002х", "cn.id", "11010519491231002X"),
        ("110101\u00a019900307\u00a04610", "cn.id", "110101199003074610"),
        ("ID110101199003074610", "cn.id", "110101199003074610"),
        ("810000199010010010", "cn.residence", "810000199010010010"),
        ("911840199001010018", "cn.permanent_resident", "911840199001010018"),
        ("6228 4800 1234 5678 903", "bank.card", "6228480012345678903"),
        ("6228-4800-1234-5678-903", "bank.card", "6228480012345678903"),
        ("税号91350100M000100Y43。", "cn.uscc", "91350100M000100Y43"),
        ("写给Zhang.San+1@Mail.Example.com.cn。谢谢", "email", "zhang.san+1@mail.example.com.cn"),
        ("停着粤B·12345的车", "cn.plate", "粤B12345"),
        ("京AD12345", "cn.plate", "京AD12345"),
    ],
)
def test_each_way_to_write_it(text, kind, value):
    assert kinds(text) == {kind: value}


@pytest.mark.parametrize(
    "text",
    [
        "0.13812345678901234",
        "138123456789",
        "金额 13812345678.55 元",
        "6228480012345678904",  # Luhn fails, nothing names it
        "订单号 6228480012345678903",
        "流水号：13812345678",
        "6222222222222222",
        "icon@2x.png",
        "d41d8cd98f00b13812345678e204e980",
        "550e8400-e29b-41d4-a716-446655440000",
        "20231121093000123",
        "2023-11-21 09:30:00",
        "11010119901307461X",  # no thirteenth month
    ],
)
def test_what_is_none(text):
    assert kinds(text) == {}


def test_a_header_counts_where_the_checksum_fails_and_says_so():
    (sighting,) = found("110101199003074611", "身份证号")
    assert grade.names(sighting.why) == ("pattern", "date", "region", "header")
    assert grade.confidence("cn.id", sighting.why) >= grade.FOUND
    (sighting,) = found("6228480012345678904", "银行卡号")
    assert "checksum" not in grade.names(sighting.why)
    assert grade.confidence("bank.card", sighting.why) >= grade.FOUND


def test_without_a_label_a_wrong_checksum_is_only_to_be_looked_at():
    (sighting,) = found("110101199003074611")
    assert grade.FLOOR <= grade.confidence("cn.id", sighting.why) < grade.FOUND


def test_a_label_in_the_text_is_context():
    (sighting,) = found("身份证号码：110101199003074611")
    assert "context" in grade.names(sighting.why)


def test_identity_number_and_code_claim_before_the_card(values):
    made = values(5)
    for _ in range(300):
        number = made.id()
        assert set(kinds(number)) == {"cn.id"}
        assert set(kinds("银行卡 " + number)) == {"cn.id"}


def test_a_column_of_order_numbers_makes_no_cards():
    rng = random.Random(6)
    numbers = ["62" + "".join(str(rng.randrange(10)) for _ in range(14)) for _ in range(300)]
    assert found("\n".join(numbers)) == []
    assert found("\n".join(numbers), "订单编号") == []


def test_every_real_card_of_a_column_counts(values):
    made = values(7)
    cards = {made.card() for _ in range(300)}
    assert {s.value for s in found("\n".join(cards)) if s.kind == "bank.card"} == cards


def test_a_value_in_a_very_long_run_is_not_cut():
    text = "A " * 40_000 + "13812345678" + " B" * 40_000
    assert kinds(text) == {"cn.mobile": "13812345678"}


@pytest.mark.parametrize("written", ["张三", "13912345678", "139-1234-5678", "１３９１２３４５６７８"])
def test_a_subject_is_found_as_it_is_written(written):
    scan = engines.best_engine("张三" if written == "张三" else SUBJECT)
    assert "custom.subject" in {s.kind for s in found(f"客户{written}来电", engine=scan)}
    other = "客户139123456780来电" if written != "张三" else "客户张四来电"
    assert "custom.subject" not in {s.kind for s in found(other, engine=scan)}
