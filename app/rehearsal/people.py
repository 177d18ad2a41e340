"""Synthetic customers: invented people whose numbers pass every check a real number passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

_SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余"
_GIVEN: Final = "伟芳娜敏静丽强磊洋艳勇军杰娟涛明超霞平刚玲华鹏飞红建英文琳宇欣悦浩然晨雨佳慧志远思嘉子涵"
_MOBILE_PREFIXES: Final = ("134", "138", "139", "150", "158", "166", "176", "182", "186", "189", "191", "199")
_BANK_PREFIXES: Final = ("622848", "621700", "622202", "621661", "622588")
_MAIL_HOSTS: Final = ("example.com", "example.org", "example.net")
_FIRST_BIRTHDAY: Final = date(1955, 1, 1)
_BIRTH_SPAN_DAYS: Final = 48 * 365


@dataclass(frozen=True, slots=True)
class Place:
    """A district: its GB/T 2260 code, where it lies, its plate prefix and some streets."""

    code: str
    city: str
    district: str
    plate: str
    streets: tuple[str, ...]


PLACES: Final = (
    Place("110105", "北京市", "朝阳区", "京", ("建国路", "望京街", "酒仙桥路")),
    Place("310115", "上海市", "浦东新区", "沪", ("世纪大道", "张杨路", "金科路")),
    Place("440305", "广东省深圳市", "南山区", "粤", ("科苑路", "深南大道", "后海大道")),
    Place("350102", "福建省福州市", "鼓楼区", "闽", ("五四路", "杨桥东路", "东街")),
    Place("330106", "浙江省杭州市", "西湖区", "浙", ("文三路", "天目山路", "学院路")),
    Place("510104", "四川省成都市", "锦江区", "川", ("春熙路", "东大街", "红星路")),
)


@dataclass(frozen=True, slots=True)
class Customer:
    """One invented customer. `number` counts from 1; no two customers share an identifier."""

    number: int
    name: str
    id_number: str
    mobile: str
    bank_card: str
    email: str
    plate: str
    address: str
    city: str

    @property
    def handle(self) -> str:
        """The customer number of the company's own books, e.g. K00017."""
        return f"K{self.number:05d}"


def make_customers(count: int, seed: int) -> tuple[Customer, ...]:
    """Invent `count` customers; the same seed gives the same people."""
    random = Random(seed)  # noqa: S311 - invented data that must repeat, not a secret
    tails = random.sample(range(10_000_000, 100_000_000), count)
    taken: set[str] = set()
    return tuple(_customer(number, tail, random, taken) for number, tail in enumerate(tails, 1))


def _customer(number: int, tail: int, random: Random, taken: set[str]) -> Customer:
    """Make one customer. `tail`, eight digits, is this customer's alone: mobile, card and mail end in it."""
    place = random.choice(PLACES)
    card = f"{random.choice(_BANK_PREFIXES)}{random.randrange(10_000):04d}{tail}"
    return Customer(
        number=number,
        name=random.choice(_SURNAMES) + "".join(random.choices(_GIVEN, k=random.choice((1, 2, 2)))),
        id_number=_unused(lambda: _id_number(place, random), taken),
        mobile=f"{random.choice(_MOBILE_PREFIXES)}{tail}",
        bank_card=with_luhn(card),
        email=f"user{tail}@{random.choice(_MAIL_HOSTS)}",
        plate=_unused(lambda: _plate(place, random), taken),
        address=(
            f"{place.city}{place.district}{random.choice(place.streets)}{random.randint(1, 380)}号"
            f"{random.randint(1, 30)}栋{random.randint(101, 2806)}室"
        ),
        city=place.city,
    )


def _unused(draw: Callable[[], str], taken: set[str]) -> str:
    while (value := draw()) in taken:
        continue
    taken.add(value)
    return value


def _id_number(place: Place, random: Random) -> str:
    birthday = _FIRST_BIRTHDAY + timedelta(days=random.randrange(_BIRTH_SPAN_DAYS))
    return with_id_check(f"{place.code}{birthday:%Y%m%d}{random.randint(1, 999):03d}")


def _plate(place: Place, random: Random) -> str:
    return f"{place.plate}{random.choice('ABCDE')}{random.randrange(100_000):05d}"


def with_id_check(digits17: str) -> str:
    """Append the check character of GB 11643 (MOD 11-2) to the first 17 digits."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(digits17, weights, strict=True))
    return digits17 + "10X98765432"[total % 11]


def with_luhn(digits: str) -> str:
    """Append the Luhn check digit (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def with_uscc_check(characters17: str) -> str:
    """Append the check character of GB 32100 (weights 3^i mod 31) to the first 17 characters."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(char) * pow(3, place, 31) for place, char in enumerate(characters17))
    return characters17 + alphabet[-total % 31]
