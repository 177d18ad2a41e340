"""Categories: what the law keeps is told by path, title or several heads together, and a customer list is not."""

from __future__ import annotations

import random
import re
import tomllib
from pathlib import Path

import pytest

from app.domain.case import Location
from app.domain.event import Located
from app.domain.record import Look
from app.steps.locate import category, locate
from app.system.paths import resource

CRM = (
    "姓名,手机号,身份证号,合同号,地址\n张三,13812345678,110101199003074610,HT2023-001,北京市朝阳区合同路1号\n"
)


def told(path: str, sample: str = "") -> str:
    return category.categorise(category.Clues(path, sample))


def test_every_category_is_a_rule_of_the_pack():
    rules = tomllib.loads(resource("rules/retention-cn.toml").read_text(encoding="utf-8"))["rules"]
    ids = {rule["id"] for rule in rules}
    assert {rule.category for rule in category._RULES} | {category.CONTACT} <= ids


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("data/客户名单.csv", "crm.contact"),
        ("data/customers_2023.xlsx", "crm.contact"),
        ("data/contacts.csv", "crm.contact"),
        ("财务/记账凭证-2023-05.xlsx", "acct.voucher"),
        ("data/vouchers/2023-05.csv", "acct.voucher"),
        ("data/journal_entries.csv", "acct.voucher"),
        ("data/generalLedger.csv", "acct.ledger"),
        ("data/总账.xls", "acct.ledger"),
        ("data/资产负债表.pdf", "acct.report.annual"),
        ("data/银行对账单.pdf", "acct.bank"),
        ("data/bank_statement.csv", "acct.bank"),
        ("data/增值税纳税申报表.pdf", "acct.taxreturn"),
        ("data/完税凭证.pdf", "tax.docs"),
        ("data/发票/1.pdf", "tax.invoice_stub"),
        ("data/invoices/1.pdf", "tax.invoice_stub"),
        ("data/公司章程.docx", "corp.core"),
        ("data/劳动合同/张三.docx", "hr.contract"),
        ("data/合同/张三.docx", "corp.contract"),
        ("data/contracts/1.docx", "corp.contract"),
        ("data/payroll-2023.xlsx", "hr.payroll"),
        ("data/工资表.xlsx", "hr.payroll"),
        ("data/access.log", "net.log"),
        ("data/marketing/list.csv", "crm.marketing"),
        ("data/营销名单.csv", "crm.marketing"),
        ("disputes/letter.docx", "dispute"),
        ("data/登录凭证.txt", "crm.contact"),
        ("data/leadership.txt", "crm.contact"),
        ("data/taxi.txt", "crm.contact"),
        ("data/catalog.txt", "crm.contact"),
    ],
)
def test_paths(path, wanted):
    assert told(path) == wanted


@pytest.mark.parametrize(
    ("sample", "wanted"),
    [
        ("日期,凭证号,摘要,科目,借方金额,贷方金额\n2023-05-01,记-1,销售,主营业务收入,,100", "acct.voucher"),
        ("date\tvoucher_no\tsummary\tdebit\tcredit\n", "acct.voucher"),
        ("科目编码,科目名称,期初余额,借方发生额,贷方发生额,期末余额\n", "acct.ledger"),
        ("交易日期,收入,支出,余额,对方户名\n", "acct.bank"),
        ("发票代码,发票号码,开票日期,购方名称,税额\n", "tax.invoice_stub"),
        ("记账凭证\n2023年5月 张三 报销\n", "acct.voucher"),
        ("房屋租赁合同\n甲方：示例公司\n乙方：张三\n", "corp.contract"),
        ("工号,姓名,基本工资,公积金,实发工资\n", "hr.payroll"),
        ("姓名,手机,渠道,最近触达\n", "crm.marketing"),
        (CRM, "crm.contact"),
        ("张三来电询问合同的事，电话13812345678", "crm.contact"),
        ("客户合同号清单\n姓名 手机\n", "crm.contact"),
        ("姓名,手机,账号,余额\n", "crm.contact"),
        ("姓名,手机,发票抬头,税号\n", "crm.contact"),
    ],
)
def test_contents(sample, wanted):
    assert told("data/list.dat", sample) == wanted


def test_the_law_speaks_of_papers_without_persons(tmp_path: Path):
    (tmp_path / "vouchers").mkdir()
    (tmp_path / "vouchers" / "2023-05.csv").write_text("凭证号,摘要,借方,贷方\n记-1,办公用品,100,\n")
    (tmp_path / "list.csv").write_text(CRM)
    (tmp_path / "note.txt").write_text("下午三点开会")
    (tmp_path / "营销文案.txt").write_text("全场八折")
    results = {
        e.path[len(str(tmp_path)) + 1 :]: e
        for e in locate([Location(tmp_path)], key=b"k")
        if isinstance(e, Located)
    }
    kept = results["vouchers/2023-05.csv"]
    assert (kept.look, kept.record.category, kept.record.findings, kept.record.year) == (
        Look.FOUND,
        "acct.voucher",
        (),
        2023,
    )
    assert results["list.csv"].record.category == "crm.contact"
    assert results["note.txt"].look is Look.CLEAN
    assert results["营销文案.txt"].look is Look.CLEAN


@pytest.mark.parametrize(
    ("path", "sample", "year"),
    [
        ("a/凭证2023年.xlsx", "", 2023),
        ("a/2022/2023-05.csv", "", 2023),
        ("a/voucher_20230501.csv", "", 2023),
        ("a/13820231234.txt", "", None),
        ("a/b.csv", "2021-01-02 2021-03-04 2022-01-01", 2022),
        ("a/b.csv", "2021-01-02 2022-01-01", 2022),
        ("a/b.csv", "2023年度 总账", 2023),
        ("a/b.csv", "出生日期 1995-01-02", None),
        ("a/b.csv", "110101199003074610", None),
        ("a/2099.csv", "", None),
        ("a/b.csv", "", None),
    ],
)
def test_years(path, sample, year):
    assert category.content_year(category.Clues(path, sample), 2027) == year
    assert category.content_year(category.Clues(path, sample, whole=False), 2027) is None


def test_the_sieve_holds_back_no_rule_that_fits():
    """Words of the rules themselves, mixed at random: with and without the sieve the category is the same."""
    rng = random.Random()
    words = sorted({word for rule in category._RULES for part in (rule.path, rule.title, *rule.heads, *rule.body)
                    for word in re.split(r"[|()^$?:!<\[\]\\{}.*]+", part) if word})  # fmt: skip
    seen = set()
    assert category.best_sieve() is not None
    for _ in range(1500):
        text = "".join(
            rng.choice(words) + rng.choice(["\n", ",", "\t", "  ", "_", "X", "# "]) for _ in range(12)
        )
        clues = category.Clues(
            rng.choice(["a/b.txt", f"x/{rng.choice(words)}_1.csv"]), text, (rng.choice(words),)
        )
        possible = category._possible(clues)
        path = category._spaced(clues.path)
        for rule in category._RULES:
            if re.search(rule.path, path, re.IGNORECASE) or category._content(rule, clues):
                assert rule in possible, (rule.category, clues)
                seen.add(rule.category)
    assert len(seen) > 10


@pytest.mark.parametrize(
    ("path", "sample", "heads", "clue"),
    [
        ("张三/劳动合同/李四.pdf", "", (), ("hr.contract", "path:劳动合同")),
        ("a.txt", "张三的投诉书\n", (), ("dispute", "title:投诉")),
        ("a.csv", "", ("凭证号", "借方金额", "张三科目"), ("acct.voucher", "heads:凭证、借方、金额")),
        ("a.txt", "增值税及附加税费申报表张三\n", (), ("crm.contact", "")),
        ("a.txt", "客户 张三\n", (), ("crm.contact", "")),
    ],
)
def test_each_category_says_what_told_it(path, sample, heads, clue):
    assert category.told_by(category.Clues(path, sample, heads)) == clue


def test_no_clue_has_a_word_that_is_not_in_the_rules():
    rules = "\n".join("|".join((r.path, r.title, *r.heads)) for r in category._RULES).casefold()
    for line in (
        "增值税一般张三纳税人申报表",
        "个人所得税李四王五申报表",
        "张三投诉登记表",
        "李四 tax return",
    ):
        for clues in (category.Clues("a.txt", f"{line}\n"), category.Clues(f"{line}/张三.txt", "")):
            name, clue = category.told_by(clues)
            way, _, words = clue.partition(":")
            assert way in ("path", "title"), (line, name, clue)
            assert all(word in rules for word in words.split("、")), clue
            assert not any(one in words for one in ("张三", "李四", "王五"))
