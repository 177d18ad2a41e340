"""Identifiers of every kind made from a seed, with the words that name them, and what only looks like one."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from app.steps.locate import checks, papers

CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
REGIONS = ("110101", "310115", "440305", "500103", "650102", "330106", "510104", "420106")


@dataclass(frozen=True)
class Plant:
    """One kind: the head of its column, what stands before it in a text, and how a value is made.

    `value` gives it as it is written and as it is counted.
    """

    kind: str
    head: str
    value: Callable[[random.Random], tuple[str, str]]
    label: str = ""

    @property
    def before(self) -> str:
        """What stands before it in running text."""
        return f"{self.label or self.head}："


def _pick(rng: random.Random, letters: str, count: int) -> str:
    return "".join(rng.choices(letters, k=count))


def _born(rng: random.Random) -> date:
    return date(1950, 1, 1) + timedelta(days=rng.randrange(25_000))


def _same(make: Callable[[random.Random], str]) -> Callable[[random.Random], tuple[str, str]]:
    def made(rng: random.Random) -> tuple[str, str]:
        value = make(rng)
        return value, value

    return made


def _until(make: Callable[[], str], right: Callable[[str], bool]) -> str:
    while not right(value := make()):
        pass
    return value


def _id(rng: random.Random) -> str:
    first = f"{rng.choice(REGIONS)}{_born(rng):%Y%m%d}{rng.randrange(1000):03}"
    return first + checks.id_check(first)


def _residence(rng: random.Random) -> str:
    first = f"{rng.choice(('810000', '820000', '830000'))}{_born(rng):%Y%m%d}{rng.randrange(1000):03}"
    return first + checks.id_check(first)


def _foreigner(rng: random.Random) -> str:
    first = f"9{rng.choice(REGIONS)[:2]}{rng.randrange(1000):03}{_born(rng):%Y%m%d}{rng.randrange(1000):03}"
    return first + checks.id_check(first)


def _old_id(rng: random.Random) -> str:
    day = date(1930, 1, 1) + timedelta(days=rng.randrange(25_000))  # none were given to who was born later
    return f"{rng.choice(REGIONS)}{day:%y%m%d}{rng.randrange(1000):03}"


def _uscc(rng: random.Random) -> str:
    first = "91" + rng.choice(REGIONS) + _pick(rng, CODE, 9)
    return first + checks.uscc_check(first)


def _mobile(rng: random.Random) -> str:
    return rng.choice(("138", "139", "150", "186", "199", "166", "177")) + _pick(rng, DIGITS, 8)


def _card(rng: random.Random) -> str:
    first = rng.choice(("622848", "621700", "622202")) + _pick(rng, DIGITS, rng.choice((9, 12)))
    return next(first + d for d in DIGITS if checks.luhn(first + d))


def _landline(rng: random.Random) -> tuple[str, str]:
    code, number = rng.choice(("010", "021", "0755", "0571")), rng.choice("345678") + _pick(rng, DIGITS, 7)
    return f"{code}-{number}", code + number


def _hong_kong(rng: random.Random) -> tuple[str, str]:
    first = rng.choice("ABCDGHKR") + _pick(rng, DIGITS, 6)
    check = next(c for c in "0123456789A" if papers.hong_kong(first + c))
    return f"{first}({check})", first + check


def _taiwan(rng: random.Random) -> str:
    first = rng.choice("ABCDEFGH") + rng.choice("12") + _pick(rng, DIGITS, 7)
    return next(first + d for d in DIGITS if papers.taiwan(first + d))


def _org(rng: random.Random) -> tuple[str, str]:
    first = _pick(rng, DIGITS + UPPER, 8)
    code = first + papers.org_check(first)
    return f"{code[:8]}-{code[8]}", code


def _imei(rng: random.Random) -> str:
    return _until(lambda: "86" + _pick(rng, DIGITS, 13), papers.device)


def _vin(rng: random.Random) -> str:
    return _until(
        lambda: "LSV" + _pick(rng, "ABCDEFGHJKLMNPRSTUVWXYZ0123456789", 10) + _pick(rng, DIGITS, 4),
        papers.vehicle,
    )


def _mac(rng: random.Random) -> tuple[str, str]:
    pairs = [f"{rng.randrange(256):02X}" for _ in range(6)]
    return ":".join(pairs), "".join(pairs)


def _ip(rng: random.Random) -> str:
    return ".".join(map(str, (rng.choice((114, 202, 58, 121)), *(rng.randrange(1, 250) for _ in range(3)))))


def _word(rng: random.Random) -> str:
    return _pick(rng, UPPER.lower(), 5) + _pick(rng, DIGITS, 4)


def _name(rng: random.Random) -> str:
    # Of characters that Big5 has too.
    return rng.choice(("王", "李", "林", "高", "何", "司空")) + _pick(rng, "文明安平大中山水天成和正", 2)


def _address(rng: random.Random) -> str:
    place = rng.choice(("湖南省常德市和平街", "福建省三明市文山村", "四川省成都市人民南路"))
    return f"{place}{rng.randrange(1, 999)}弄{rng.randrange(1, 40)}座{rng.randrange(101, 3000)}室"


def _macao(rng: random.Random) -> tuple[str, str]:
    number = rng.choice("157") + _pick(rng, DIGITS, 7)
    return f"{number[:7]}({number[7]})", number


def _military(rng: random.Random) -> tuple[str, str]:
    sign = rng.choice("军南北沈兰") + "字第" + _pick(rng, DIGITS, 7)
    return sign + "号", sign


PLANTS: tuple[Plant, ...] = (
    Plant("cn.id", "身份证号", _same(_id)),
    Plant("cn.id15", "身份证号", _same(_old_id)),
    Plant("cn.residence", "居住证号", _same(_residence)),
    Plant("cn.permanent_resident", "证件号码", _same(_foreigner)),
    Plant("cn.uscc", "信用代码", _same(_uscc)),
    Plant("cn.org", "机构代码", _org),
    Plant("cn.mobile", "手机号", _same(_mobile)),
    Plant("cn.landline", "固定电话", _landline),
    Plant("cn.passport", "护照号", _same(lambda rng: rng.choice("EG") + _pick(rng, DIGITS, 8))),
    Plant("cn.hkmo_permit", "港澳通行证", _same(lambda rng: "C" + _pick(rng, DIGITS, 8))),
    Plant("cn.tw_permit", "台湾通行证", _same(lambda rng: "L" + _pick(rng, DIGITS, 8))),
    Plant("hk.id", "香港身份证", _hong_kong),
    Plant("mo.id", "澳门身份证", _macao),
    Plant("tw.id", "身分證字號", _same(_taiwan)),
    Plant("cn.military", "军官证号", _military),
    Plant("cn.social", "社保号", _same(lambda rng: _pick(rng, DIGITS[1:], 12))),
    Plant("cn.driver", "驾照档案", _same(lambda rng: _pick(rng, DIGITS[1:], 12))),
    Plant("cn.plate", "车牌号", _same(lambda rng: rng.choice("京粤沪") + "B" + _pick(rng, DIGITS, 5))),
    Plant("bank.card", "银行卡号", _same(_card)),
    Plant("email", "邮箱", _same(lambda rng: f"{_word(rng)}@mail{rng.randrange(9)}.example.com")),
    Plant("wechat", "微信号", _same(_word)),
    Plant("qq", "QQ", _same(lambda rng: rng.choice("123456789") + _pick(rng, DIGITS, rng.randrange(6, 9)))),
    Plant("ip", "登录IP", _same(_ip), label="IP地址"),
    Plant("mac", "MAC地址", _mac),
    Plant("imei", "IMEI", _same(_imei)),
    Plant("device.id", "IMSI", _same(lambda rng: "46000" + _pick(rng, DIGITS, 10))),
    Plant("vin", "车架号", _same(_vin)),
    Plant("gps", "经度", _same(lambda rng: f"{rng.uniform(74, 135):.6f}")),
    Plant("name", "姓名", _same(_name)),
    Plant("address", "住址", _same(_address)),
    Plant("secret.password", "密码", _same(lambda rng: "Aa" + _word(rng) + "!")),
)  # fmt: skip
BY_KIND = {plant.kind: plant for plant in PLANTS}


def decoy(rng: random.Random) -> str:
    """Give what is no identifier but looks like one: order numbers, days, hashes, amounts, versions."""
    card = _until(lambda: "62" + _pick(rng, DIGITS, 14), checks.luhn)
    return rng.choice(
        (
            f"订单号 {card}",
            f"流水号：{_pick(rng, DIGITS[1:], 18)}",
            f"运单号 {_mobile(rng)}",
            f"{_born(rng):%Y-%m-%d} {rng.randrange(24):02}:{rng.randrange(60):02}:00",
            f"{_born(rng):%Y%m%d}{_pick(rng, DIGITS, 9)}",
            _pick(rng, "0123456789abcdef", 32),
            _pick(rng, "0123456789abcdef", 40),
            "-".join(_pick(rng, "0123456789abcdef", n) for n in (8, 4, 4, 4, 12)),
            f"金额 {rng.randrange(10**11)}.{rng.randrange(100):02} 元",
            f"版本 {rng.randrange(9)}.{rng.randrange(20)}.{rng.randrange(99)}.{rng.randrange(9)}",
            f"HT{_born(rng):%Y%m%d}{_pick(rng, DIGITS, 3)}",
            f"货号 E{_pick(rng, DIGITS, 8)}",
            f"0.{_pick(rng, DIGITS, 16)}",
            f"{rng.uniform(0, 3):.4f}, {rng.uniform(0, 3):.4f}",
            f"icon{rng.randrange(9)}@2x.png",
            f"192.168.{rng.randrange(256)}.{rng.randrange(256)}",
            f"ISBN 978{_pick(rng, DIGITS, 10)}",
            "1" * rng.randrange(13, 20),
            f"时间戳 {rng.randrange(1_500_000_000_000, 1_790_000_000_000)}",
            f'{{"ts": {rng.randrange(1_500_000_000_000, 1_790_000_000_000)}}}',
            f"{_born(rng):%Y%m%d}{rng.randrange(24):02}{rng.randrange(60):02}{rng.randrange(60):02}",
            f"out_trade_no={_pick(rng, DIGITS[1:], 28)}",
            f"交易单号 42000{_pick(rng, DIGITS, 23)}",
            f"条码 69{_pick(rng, DIGITS, 11)}",
            f"SF{_pick(rng, DIGITS, 13)}",
            f"SKU{_mobile(rng)}",
            f"{_pick(rng, DIGITS, 8)}-{_pick(rng, DIGITS, 4)}-{_pick(rng, DIGITS, 4)}-{card[:4]}-{card[4:]}",
            f"sha1:{_pick(rng, '0123456789abcdef', 10)}{_mobile(rng)}{_pick(rng, '0123456789abcdef', 19)}",
            f"S-1-5-21-{_pick(rng, DIGITS[1:], 10)}-{_pick(rng, DIGITS[1:], 10)}-1001",
            _imei(rng),
            f"姓名、单位、{rng.choice(('金额', '时间', '方式'))}",
            f"张三去了{_address(rng)}",
        )
    )
