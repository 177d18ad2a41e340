"""The words: every member of every enum of the domain, both languages, and no word that claims too much."""

from __future__ import annotations

import errno
import importlib
import inspect
import os
import pkgutil
import re
import tomllib
from enum import Enum

import pytest

import app.domain
from app.domain.case import Role
from app.domain.fault import Breach, Fault, GateClosed, Refused
from app.domain.outcome import KeepOutcome, KeyOutcome, Outcome, Reason
from app.domain.record import Problem
from app.domain.step import Gate, Step
from app.domain.wiping import Method, Pass, Wiping
from app.language import (
    Language,
    backup,
    category,
    clue,
    explain,
    hold,
    key,
    kind,
    law,
    passes,
    say,
    system_says,
)
from app.language.table import words
from app.system.paths import resource

HANZI = re.compile(r"[\u4e00-\u9fff]")
NAMES = ("category", "kind", "hold", "backup", "key", "clue", "law", "law_note", "system")
FACTS = {Fault: {"subject", "detail", "line"}, Gate: {"step", "count"}}
CONTRACT = [
    "cn.id",
    "cn.id15",
    "cn.residence",
    "cn.permanent_resident",
    "cn.uscc",
    "cn.org",
    "cn.mobile",
    "cn.landline",
    "cn.passport",
    "cn.hkmo_permit",
    "cn.tw_permit",
    "cn.military",
    "cn.plate",
    "bank.card",
    "email",
    "wechat",
    "qq",
    "ip",
    "imei",
    "vin",
    "gps",
    "name",
    "address",
    "secret.key",
    "secret.password",
    *("hk.id", "mo.id", "tw.id", "cn.social", "cn.driver", "mac", "device.id"),
    *("minor.under14", "minor.under18"),
]


def enums() -> list[type[Enum]]:
    found = []
    for module in pkgutil.iter_modules(app.domain.__path__, "app.domain."):
        here = importlib.import_module(module.name)
        found += [
            cls
            for _, cls in inspect.getmembers(here, inspect.isclass)
            if issubclass(cls, Enum) and cls.__module__ == module.name
        ]
    return found


ENUMS = enums()
MEMBERS = [member for cls in ENUMS for member in cls]
PACK = tomllib.loads(resource("rules/retention-cn.toml").read_text(encoding="utf-8"))["rules"]


def facts_in(sentence: str) -> list[str]:
    return sorted(re.findall(r"\{(\w*)\}", sentence))


def test_the_walk_finds_the_enums():
    names = {cls.__name__ for cls in ENUMS}
    assert {"Tier", "Look", "Fate", "Outcome", "Reason", "Fault", "Gate", "Subject"} <= names
    assert len(names) == len(ENUMS), "two enums of one name would share a section"


@pytest.mark.parametrize("member", MEMBERS, ids=lambda m: f"{type(m).__name__}.{m.name}")
def test_every_member_has_its_words(member):
    entry = words()[type(member).__name__][member.value]
    assert set(entry) == {"zh", "en"}
    assert HANZI.search(entry["zh"])
    assert not HANZI.search(entry["en"])
    assert facts_in(entry["zh"]) == facts_in(entry["en"])
    assert set(facts_in(entry["zh"])) <= FACTS.get(type(member), set())
    for language in Language:
        said = say(member, language)
        assert said == said.strip()
        assert said
        # The name of an addition or of a table of the case file may stand in brackets.
        bare = re.sub(r"\[[a-z]+\] ?", "", said)
        assert not re.search(r"[{}\[\]]|  |（）|“”|\(\)", bare)


def test_no_section_and_no_member_is_left_over():
    table = words()
    assert set(table) == {cls.__name__ for cls in ENUMS} | set(NAMES) | {"pass"}
    for cls in ENUMS:
        assert set(table[cls.__name__]) == {member.value for member in cls}


@pytest.mark.parametrize("member", [*Fault, *Gate], ids=lambda m: f"{type(m).__name__}.{m.name}")
def test_what_is_refused_says_what_to_do(member):
    for language, end in ((Language.ZH, "。"), (Language.EN, ".")):
        said = say(member, language)
        assert said.endswith(end)
        assert len(re.findall(r"[。.;；，,]", said)) >= 2, "what is wrong, and what to do"


@pytest.mark.parametrize("member", [*Outcome, *KeyOutcome, *KeepOutcome, *Reason], ids=str)
def test_nothing_claims_more_than_was_seen(member):
    entry = words()[type(member).__name__][member.value]
    assert not re.search(r"不可恢复|无法恢复|彻底|永久|介质已清除|安全删除|符合", entry["zh"])
    assert not re.search(
        r"irrecoverable|unrecoverable|purge|\bclear(ed)?\b|nist|permanent|secure|forever",
        entry["en"],
        re.IGNORECASE,
    )
    assert not re.search(r"[。.]$", entry["zh"] + entry["en"]), "a clause, not a sentence"


def test_the_words_for_the_outcomes_differ():
    for cls in (Outcome, KeyOutcome, KeepOutcome):
        for language in Language:
            assert len({say(member, language) for member in cls}) == len(cls)


def test_brackets_without_a_fact_are_text():
    for language in Language:
        assert "lethe[ocr]" in say(Problem.IMAGE_NOT_READ, language)


def test_an_optional_clause_stays_only_with_its_facts():
    bare = say(Fault.JOURNAL_BROKEN, Language.ZH, subject="j", line=0, detail="")
    assert bare.startswith("日志“j”不完整或被改动，")
    full = say(Fault.JOURNAL_BROKEN, Language.ZH, subject="j", line=7, detail="x")
    assert full.startswith("日志“j”第 7 行不完整或被改动（x），")
    assert "第" not in say(Fault.JOURNAL_BROKEN, Language.ZH, subject="j", detail="x")


def test_what_a_fact_holds_is_never_read_as_part_of_the_sentence():
    odd = "/a/[x]{detail}{0}.csv"
    assert odd in say(Fault.LOCATION_MISSING, Language.EN, subject=odd, detail="secret", colour="red")
    assert "secret" not in say(Fault.LOCATION_MISSING, Language.EN, subject=odd, detail="secret")


def test_explain_puts_values_of_enums_in_words():
    missing = Refused(Fault.PERSON_MISSING, Role.WITNESS.value)
    assert "缺少监销人" in explain(missing, Language.ZH)
    assert "Witness" in explain(missing, Language.EN)
    broken = Refused(Fault.JOURNAL_BROKEN, "j", Breach.WRONG_HASH.value, 3)
    assert say(Breach.WRONG_HASH, Language.ZH) in explain(broken, Language.ZH)
    assert "no such file" in explain(Refused(Fault.JOURNAL_BROKEN, "j", "no such file"), Language.EN)
    role = explain(Refused(Fault.WRONG_ROLE, "p.p12", "officer"), Language.ZH)
    assert "p.p12" in role
    assert "经办人" in role


def test_explain_names_the_step_and_the_count():
    closed = explain(GateClosed(Step.WIPE, Gate.UNDECIDED, 3), Language.ZH)
    assert "3 项" in closed
    assert "擦除" in explain(GateClosed(Step.WIPE, Gate.NOT_SIGNED), Language.ZH)
    assert "Wipe" in explain(GateClosed(Step.WIPE, Gate.NOT_SIGNED), Language.EN)


def test_every_category_of_the_pack_has_a_name_in_both_languages():
    ids = {rule["id"] for rule in PACK}
    for rule in PACK:
        assert category(rule["id"], Language.ZH) == rule["name"]
        assert not HANZI.search(category(rule["id"], Language.EN))
        assert category(rule["id"], Language.EN) != rule["id"]
    for id_, entry in words()["category"].items():
        assert set(entry) == ({"en"} if id_ in ids else {"zh", "en"}), id_
    for id_ in ids:
        family = id_.partition(".")[0]
        assert category(family, Language.ZH) != family or family in {
            "hrs",
            "ca",
            "child",
            "disposal",
            "secret",
        }


def test_a_category_nobody_knows_is_still_shown():
    assert category("acct.voucher.2020", Language.ZH) == "会计凭证(原始/记账) (2020)"
    assert category("crm.vip.old", Language.EN) == "Customer records (vip.old)"
    assert category("unknown.kind", Language.ZH) == "unknown.kind"
    assert category("secret.key", Language.ZH) == "密钥文件"
    assert category("", Language.ZH) == "未分类"
    assert category("", Language.EN) == "Unclassified"


@pytest.mark.parametrize("id_", CONTRACT)
def test_every_identifier_of_the_contract_has_a_name(id_):
    assert HANZI.search(kind(id_, Language.ZH))
    assert not HANZI.search(kind(id_, Language.EN))
    assert kind(id_, Language.EN) != id_


def test_other_names():
    assert set(words()["kind"]) == {*CONTRACT, "custom", "custom.customer", "custom.subject"}
    assert kind("custom.会员号", Language.ZH) == "自定义：会员号"
    assert kind("custom.member", Language.EN) == "Custom: member"
    assert kind("custom.subject", Language.ZH) == "查找的人"
    assert kind("x.y", Language.EN) == "x.y"
    assert hold("complaint", Language.ZH) == "投诉"
    assert hold("tax_check", Language.EN) == "Tax inspection"
    assert hold("?", Language.EN) == "?"
    assert backup("declared", Language.ZH) == "仅申报的备份"
    assert key("slot", Language.EN) == "Key slot of the register"
    for section in NAMES[1:]:
        for entry in words()[section].values():
            assert HANZI.search(entry["zh"])
            assert not HANZI.search(entry["en"])
            assert facts_in(entry["zh"]) == facts_in(entry["en"])


def test_each_law_of_the_pack_has_an_english_name_beside_its_own():
    pack = tomllib.loads(resource("rules/retention-cn.toml").read_text(encoding="utf-8"))
    for source in {rule["src"] for rule in pack["rules"]} - {""}:
        for told in (source, f"{source}（待核）", f"{source}（解释，待确认）"):
            assert law(told, Language.ZH) == told
            english = law(told, Language.EN)
            left = re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", english)
            assert not HANZI.search(re.sub(r"\([一二三四]\)", "", left)), english
            assert set(re.findall(r"\d+", source)) <= set(re.findall(r"\d+", english)), english
    assert law("", Language.EN) == ""
    told = law("个人信息保护法19,47; 电子商务法31（待核）", Language.EN)
    assert told == (
        "Personal Information Protection Law (个人信息保护法) 19,47; "
        "E-Commerce Law (电子商务法) 31 (not checked)"
    )


def test_a_pass_is_told_by_its_bytes():
    seven = Wiping(Method.GAT_1143_7).sequence
    for language in Language:
        said = passes(seven, language)
        assert len(said) == 7
        assert ["0x00" in said[0], "0xff" in said[1], "0x55" in said[4], "0xaa" in said[5]] == [True] * 4
        assert all("AES-256-CTR" in said[n] for n in (2, 6))
    assert passes((Pass(b"\x01\x02"),), Language.EN) == ("Pass 1: the bytes 0x01 0x02, over and over",)
    assert passes((Pass(bytes(4096)),), Language.EN)[0].endswith("… (4096), over and over")


def test_what_told_a_category_is_a_sentence_with_the_word_or_without():
    assert clue("path:投诉", Language.ZH) == "文件夹或文件名含“投诉”"
    assert clue("path:", Language.EN) == "by its folder or name"
    assert clue("", Language.ZH) == "含个人信息，无其他类别特征"
    for way in ("path", "title", "heads", "pattern", "secret", ""):
        assert all(clue(way, language) for language in Language)


@pytest.mark.parametrize("name", sorted(words()["system"]))
def test_what_the_system_says_is_put_in_words(name: str) -> None:
    told = os.strerror(getattr(errno, name))
    refusal = Refused(Fault.NOT_VERIFIABLE, "a.pdf", told)
    assert told not in explain(refusal, Language.ZH)
    for language in Language:
        assert system_says(told, language) in explain(refusal, language)
    assert system_says("something newer", Language.ZH) == "something newer"
