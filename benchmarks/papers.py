"""The papers of one company: rows and running text in which identifiers stand among what only looks so."""

from __future__ import annotations

import random
from dataclasses import dataclass

from benchmarks.planted import PLANTS, decoy

TRADITIONAL = str.maketrans(
    "证号码体会组织机构设备识别产权车护驾驶档编银帐户邮资湾军官经纬录账统门",
    "證號碼體會組織機構設備識別產權車護駕駛檔編銀帳戶郵資灣軍官經緯錄賬統門",
)
MAINLAND = ("cn.plate", "cn.military")
"""Kinds whose values have signs that Big5 does not know."""
FILLER = (
    "今天我们在公园旁边的会议室开会，讨论了这个月的项目进度和下一步的安排，大家都觉得进展顺利，没有别的问题。",
    "供应商来信说付款已经收到，版本也已经更新，请大家按照说明书操作，遇到困难时先看一看帮助，再来询问同事。",
    "天气很好，我们下午去郊外走一走，顺便把照片整理好放进文件夹，等下个星期回来以后再写一份简短的总结给他。",
)
HANT = (
    "今天我們在公園旁邊的會議室開會，討論了這個月的項目進度和下一步的安排，大家都覺得進展順利，沒有別的問題。",
    "供應商來信說付款已經收到，版本也已經更新，請大家按照說明書操作，遇到困難時先看一看幫助，再來詢問同事。",
)


@dataclass(frozen=True)
class Papers:
    """What is planted: rows of one value of each kind, as written, and every value as it is counted."""

    rows: tuple[tuple[str, ...], ...]
    planted: frozenset[tuple[str, str]]
    decoys: tuple[str, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads of the columns; three of what is no identifier are among them."""
        return (*(plant.head for plant in PLANTS), "订单号", "下单日期", "摘要")

    @property
    def table(self) -> list[tuple[str, ...]]:
        """The rows with cells that only look like identifiers."""
        rng = random.Random(len(self.decoys))
        return [
            (
                *row,
                "62" + str(rng.randrange(10**13, 10**14)),
                "2023-05-01 09:30:00",
                f"{rng.getrandbits(128):032x}",
            )
            for row in self.rows
        ]

    def lines(self, *, traditional: bool = False) -> list[str]:
        """Running text: each value after its label, decoys and prose between."""
        filler = HANT if traditional else FILLER
        made = []
        for number, row in enumerate(self.rows):
            for plant, value in zip(PLANTS, row, strict=True):
                if traditional and plant.kind in MAINLAND:
                    continue
                label = plant.before.translate(TRADITIONAL) if traditional else plant.before
                made.append(label + value)
            made += [filler[number % len(filler)]] * 2
            for at in range(number, len(self.decoys), len(self.rows)):
                one = self.decoys[at]
                made.append(one.translate(TRADITIONAL).translate(_REST) if traditional else one)
            made += [filler[number % len(filler)]] * 2
        return made


_REST = str.maketrans("订单运货额版", "訂單運貨額版")


def papers(rng: random.Random, people: int) -> Papers:
    """Make the papers of so many people; the kinds do not share a value."""
    rows, planted = [], set()
    for _ in range(people):
        made = [plant.value(rng) for plant in PLANTS]
        rows.append(tuple(written for written, _ in made))
        planted |= {(plant.kind, counted) for plant, (_, counted) in zip(PLANTS, made, strict=True)}
    return Papers(tuple(rows), frozenset(planted), tuple(decoy(rng) for _ in range(people * 12)))
