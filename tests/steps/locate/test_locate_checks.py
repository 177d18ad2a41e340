"""The validators against the vectors of the standards and against every single mistyped digit."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.steps.locate import checks

TODAY = date(2026, 11, 21)
DAYS = st.dates(date(1900, 1, 1), TODAY)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("11010519491231002X", "cn.id"),
        ("110101199003074610", "cn.id"),
        ("810000199010010010", "cn.residence"),
        ("830000199001010020", "cn.residence"),
        ("911840199001010018", "cn.permanent_resident"),
    ],
)
def test_published_identity_numbers_hold(number, kind):
    assert checks.id_checksum(number)
    assert checks.id_date(number, TODAY)
    assert checks.id_region(number)
    assert checks.id_kind(number) == kind


def test_published_codes_and_cards_hold():
    assert checks.uscc_checksum("91350100M000100Y43")
    assert checks.uscc_office("91350100M000100Y43")
    assert checks.uscc_region("91350100M000100Y43")
    assert checks.is_uscc(" 91350100m000100y43 ")
    assert checks.luhn("6228480012345678903")
    assert checks.card_prefix("6228480012345678903")
    assert checks.luhn("490154203237518")
    assert checks.mobile_prefix("13812345678")


@pytest.mark.parametrize(
    "text", ["", "91350100M000100Y4", "91350100M000100Y44", "9135010OM000100Y43", "中" * 18]
)
def test_a_wrong_code_is_none(text):
    assert not checks.is_uscc(text)


@given(DAYS, st.sampled_from(["11", "31", "44", "50", "65", "81"]), st.integers(0, 9999), st.integers(0, 999))
def test_every_valid_identity_number_is_accepted(day, province, county, serial):
    first = f"{province}{county:04}{day:%Y%m%d}{serial:03}"
    number = first + checks.id_check(first)
    assert checks.id_checksum(number)
    assert checks.id_date(number, TODAY)
    assert checks.id_region(number)


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_breaks_the_identity_checksum(first, place, step):
    number = first + checks.id_check(first)
    wrong = str((int(number[place]) + step) % 10)
    assert not checks.id_checksum(number[:place] + wrong + number[place + 1 :])


@given(st.text(ALPHABET, min_size=17, max_size=17), st.integers(0, 17), st.integers(1, 30))
def test_one_wrong_character_breaks_the_credit_code(first, place, step):
    code = first + checks.uscc_check(first)
    assert checks.uscc_checksum(code)
    wrong = ALPHABET[(ALPHABET.index(code[place]) + step) % 31]
    assert not checks.uscc_checksum(code[:place] + wrong + code[place + 1 :])


@given(st.text("0123456789", min_size=12, max_size=18), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_breaks_luhn(first, place, step):
    number = next(first + str(d) for d in range(10) if checks.luhn(first + str(d)))
    place %= len(number)
    wrong = str((int(number[place]) + step) % 10)
    assert not checks.luhn(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize("number", ["110101209901014610", "110101199002304610", "110101199013014610"])
def test_a_birth_date_that_can_not_be_is_none(number):
    assert not checks.id_date(number, TODAY)


@pytest.mark.parametrize("prefix", ["142", "143", "154", "161", "164", "194", "120"])
def test_mobile_ranges_that_are_not_given_out(prefix):
    assert not checks.mobile_prefix(prefix + "12345678")


@pytest.mark.parametrize(
    "number", ["6222222222222222", "1234567890123456", "9876543210987654", "0101010101010101"]
)
def test_fillers_are_runs(number):
    assert checks.is_run(number)


def test_luhn_accepts_many_identity_numbers_so_they_must_claim_first():
    rng = random.Random(1)
    firsts = [f"110101{1950 + i % 50}0307{rng.randrange(1000):03}" for i in range(4000)]
    numbers = [f + checks.id_check(f) for f in firsts]
    digits = [n for n in numbers if n.isdigit()]
    assert 0.05 < sum(map(checks.luhn, digits)) / len(digits) < 0.15


@pytest.mark.parametrize("number", ["010101199003074610", "840000199003074610", "160101199003074610"])
def test_a_region_that_is_none_is_none(number):
    assert not checks.id_region(number)
