"""A synthetic company in a database: Chinese names, planted numbers, who they are kept beside."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
GIVEN = "晓春无双建国文静志强丽华明远思齐若水浩然雨桐子轩"


@dataclass(frozen=True, slots=True)
class Customer:
    """One made-up customer."""

    number: int
    name: str
    id: str
    mobile: str
    email: str

    @property
    def values(self) -> tuple[str, ...]:
        """What must not be found after this customer went. A name may be another's too."""
        return self.id, self.mobile, self.email


def identity(chance: random.Random) -> str:
    body = (
        f"{chance.choice(['110105', '310115', '440305'])}{chance.randint(1950, 2003)}"
        f"{chance.randint(1, 12):02}{chance.randint(1, 28):02}{chance.randint(0, 999):03}"
    )
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def customers(count: int, seed: int | None = None) -> list[Customer]:
    """Make customers; a new company each time unless a seed is given."""
    chance = random.Random(seed)
    ids: dict[str, None] = {}
    while len(ids) < count:
        ids.setdefault(identity(chance))
    mobiles = chance.sample(range(10_000_000, 99_999_999), count)
    return [
        Customer(
            number,
            chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=2)),
            one,
            f"138{mobile}",
            f"kh{chance.randint(10**9, 10**10)}@example.cn",
        )
        for number, (one, mobile) in enumerate(zip(ids, mobiles, strict=True), 1)
    ]


CUSTOMERS = (
    "CREATE TABLE {q}客户{q} (id INTEGER PRIMARY KEY, {q}姓名{q} VARCHAR(40), {q}身份证号{q} VARCHAR(18),"
    " {q}手机{q} VARCHAR(20), c7 VARCHAR(60), {q}备注{q} VARCHAR(200))"
)
ORDERS = (
    "CREATE TABLE {q}订单{q} (no VARCHAR(20) PRIMARY KEY, {q}客户id{q} INTEGER NOT NULL"
    " REFERENCES {q}客户{q} (id), {q}金额{q} NUMERIC(10, 2))"
)
SETTINGS = "CREATE TABLE settings (k VARCHAR(20) PRIMARY KEY, v VARCHAR(40))"
TABLES = (CUSTOMERS, ORDERS, SETTINGS)


def rows_of(people: list[Customer]) -> dict[str, list[tuple[Any, ...]]]:
    return {
        "客户": [(c.number, c.name, c.id, c.mobile, c.email, f"老客户，{c.name}介绍") for c in people],
        "订单": [(f"D{c.number:06}", c.number, "88.50") for c in people if c.number % 2],
        "settings": [("theme", "dark"), ("page", "20")],
    }


def columns_of(table: str) -> tuple[str, ...]:
    return {
        "客户": ("id", "姓名", "身份证号", "手机", "c7", "备注"),
        "订单": ("no", "客户id", "金额"),
        "settings": ("k", "v"),
    }[table]
