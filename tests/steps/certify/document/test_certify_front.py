"""The front takes three pages at most, whatever the case; what it leaves out stands in the annex, and it says so."""

from dataclasses import replace

import account_sample as sample
import pytest
from test_certify_layout import (
    DIGESTS,
    PEOPLE,
    all_text,
    box,
    nothing_clipped_or_overlapping,
    replace_person,
    texts,
)

from app.domain.case import Role
from app.domain.copies import Searched
from app.domain.fate import Fate, Ground
from app.domain.limit import Limit, LimitKind
from app.domain.outcome import Evidence, KeepOutcome, KeyOutcome, Outcome, Reason
from app.domain.plan import Subject
from app.domain.record import Tier
from app.steps.certify.account import Paper, Signer
from app.steps.certify.document.front import FRONT, laid_out
from app.steps.certify.evidence.ledger import Follows
from app.steps.certify.issuing import Issuing, StandIn
from app.steps.certify.page.sheet import LEFT, MARGIN, Ink, Rule
from app.steps.certify.tally import limits_seen

REASONS = (
    Reason.CHANGED,
    Reason.COPY_ON_WRITE,
    Reason.FLASH,
    Reason.UNREADABLE,
    Reason.COPIES_DECLARED_ONLY,
    Reason.ESCROW_UNKNOWN,
    Reason.MIXED_ARCHIVE,
    Reason.NOT_SEARCHED,
)
LONG = "欧阳上官司马诸葛客户资料" * 20


def evidence(n, count=1, method="keystream-1"):
    return Evidence(method, tuple(REASONS[(n + i) % len(REASONS)] for i in range(count)))


def seven_kinds():
    """Ten kinds of exceptions, more than are told one by one."""
    line = sample.line
    lines = [line(700 + n, outcome=Outcome.SURVIVES, evidence=evidence(0)) for n in range(3)]
    lines.append(line(710, outcome=Outcome.REMOVED, evidence=evidence(1, 3)))
    lines += [
        line(
            720 + n,
            fate=Fate.SEAL,
            ground=Ground.RETENTION,
            outcome=KeepOutcome.NOT_SEALED,
            evidence=evidence(3),
        )
        for n in range(2)
    ]
    lines.append(
        line(
            730, subject=Subject.KEY, id="k-9", name="keys/x", fate=Fate.SHRED, ground=Ground.KEY,
            outcome=KeyOutcome.SCHEDULED, evidence=evidence(5, method=""),
        )
    )  # fmt: skip
    account = sample.mixed(3)
    coverage = replace(account.coverage, unreadable=9, not_looked_at=3)
    return replace(account, lines=(*account.lines, *lines), unplanned=("r-x",), coverage=coverage)


def failures(count):
    bad = [
        sample.line(900 + n, outcome=Outcome.FAILED, evidence=evidence(0), name=f"客*/张*_{n:05}…pdf")
        for n in range(count)
    ]
    account = sample.clean()
    return replace(account, lines=(*account.lines, *bad))


def everything_long():
    """Long names everywhere, and more of each thing than any page holds."""
    line, account = sample.line, seven_kinds()
    lines = [
        line(10_000 + n, category=f"custom.kind{n}" * 3, tier=list(Tier)[n % 3], name=LONG) for n in range(60)
    ]
    lines += [
        line(20_000 + n, outcome=Outcome.FAILED, evidence=evidence(n, 6), name=LONG) for n in range(100)
    ]
    lines += [
        line(
            30_000 + n, subject=Subject.KEY, id=f"k-{n}", name=LONG, fate=Fate.SHRED, ground=Ground.KEY,
            outcome=list(KeyOutcome)[n % 7], evidence=evidence(n, 4, "overwrite-key-2"),
        )
        for n in range(60)
    ]  # fmt: skip
    lines += [
        line(
            40_000 + n, fate=(Fate.SEAL, Fate.FREEZE, Fate.TRANSFER)[n % 3], ground=Ground.RETENTION,
            rule=f"rule.{n}", law="某某法第一百条" * 8, outcome=KeepOutcome.SEALED, evidence=Evidence("digest"),
        )
        for n in range(40)
    ]  # fmt: skip
    lines += [line(50_000 + n, evidence=Evidence(f"method-{n}", ())) for n in range(30)]
    medium = account.media[0]
    return replace(
        account,
        lines=(*account.lines, *lines),
        company="某某控股集团股份有限公司（中国）自由贸易试验区" * 8,
        media=tuple(
            replace(medium, device=f"/dev/sd{n}", mount="/mnt/" + LONG, serial=f"S{n}" * 20)
            for n in range(30)
        ),
        papers=tuple(
            Paper(("training", "own " + "x" * 80)[n % 2], LONG, 2000, f"{n:064x}") for n in range(40)
        ),
        searched=tuple(Searched(f"{LONG}{n}", 120, 840, 31, REASONS[:6]) for n in range(30)),
        beyond=tuple(Limit(list(LimitKind)[n % 6], LONG) for n in range(30)),
        locations=tuple(f"位置{n}" * 15 for n in range(100)),
        coverage=replace(account.coverage, problems=tuple((f"p{n}", n) for n in range(30))),
    )


def crowd(name="审批"):
    return [
        *PEOPLE,
        *(replace_person(f"{name}证{n}", Role.WITNESS) for n in range(2)),
        *(replace_person(f"{name}{n}", Role.APPROVER) for n in range(10)),
    ]


TOLD = Issuing(
    Follows(7, "ab" * 32, "cd" * 32),
    (StandIn(Role.WITNESS, "李四", "钱七", "住院，书面委托见证据文件"),),
    "http://tsa.example.cn/tsr",
)


def laid(account, language, people=PEOPLE, issuing=TOLD):
    signers = tuple(
        Signer(one.role.value, one.name, one.fingerprint, "2026-11-21T09:20:00Z") for one in people
    )
    account = replace(account, language=language, signers=signers)
    digests = replace(DIGESTS, issuing=issuing)
    return laid_out(account, people, "2026-11-21T10:05:00Z", sample.closing(), digests)


CASES = {
    "none": (sample.clean(), PEOPLE),
    "one": (failures(1), PEOPLE),
    "seven kinds": (seven_kinds(), PEOPLE),
    "ten approvers": (sample.mixed(), crowd()),
    "ten approvers of long names": (seven_kinds(), crowd("欧阳上官司马诸葛" * 7)),
    "everything long": (everything_long(), PEOPLE),
    "everything long, ten approvers": (everything_long(), crowd("欧阳上官司马诸葛" * 7)),
}


@pytest.fixture(scope="module", params=[(name, one) for name in CASES for one in ("zh", "en", "both")])
def case(request):
    name, language = request.param
    account, people = CASES[name]
    return account, people, language, laid(account, language, people)


def front_of(sheet):
    return sheet.pages[: max(place.page for place in sheet.fields.values()) + 1]


def behind_of(sheet):
    return sheet.pages[len(front_of(sheet)) :]


def test_the_signatures_end_the_third_page_at_the_latest(case):
    _, people, _, sheet = case
    assert FRONT == 3
    assert len(front_of(sheet)) <= 3
    assert len(sheet.fields) == len(people)
    # All of them on one page, as people sign on one.
    assert len({place.page for place in sheet.fields.values()}) == 1


def test_ten_thousand_failures_do_not_push_them_off():
    for language in ("zh", "en", "both"):
        sheet = laid(failures(10_000), language)
        assert len(front_of(sheet)) <= 3
        text = "".join(item.text for page in behind_of(sheet) for item in texts(page))
        assert text.count("r-") == 10_000


def test_nothing_is_clipped_or_overlaps(case):
    *_, sheet = case
    nothing_clipped_or_overlapping(sheet)


def test_no_text_leaves_its_frame(case):
    """Each text in the margin stands above the rule that ends its block."""
    *_, sheet = case
    for page in sheet.pages:
        ends = sorted({r.y1 for r in page if isinstance(r, Rule) and r.y1 == r.y2 and r.ink is Ink.FRAME})
        for text in texts(page):
            x1, y1, _, y2 = box(text)
            crossed = [y for y in ends if y1 + 0.3 < y < y2 - 0.3]
            assert not crossed or x1 < LEFT or x1 > LEFT + MARGIN, text.text


def test_what_is_left_out_stands_behind_and_is_told(case):
    account, _, language, sheet = case
    front = "".join(item.text for page in front_of(sheet) for item in texts(page))
    behind = "".join(item.text for page in behind_of(sheet) for item in texts(page))
    whole = front + behind
    for paper in account.papers:
        assert paper.sha256 in whole
    for line in account.lines:
        if line.subject is Subject.KEY or line.outcome in (Outcome.FAILED, None):
            assert line.id in whole
    for medium in account.media:
        assert medium.device in whole
    told = {"zh": "见附表", "en": "annex", "both": "见附表"}[language]
    shortened = any(word in behind for word in ("附表：", "Annex:"))
    assert (told in front) == shortened


def test_the_least_shortening_is_taken():
    """A block is not shortened where all of it has room."""
    for language in ("zh", "en"):
        sheet = laid(sample.clean(), language)
        assert not behind_of(sheet)
    front = "".join(item.text for page in front_of(laid(seven_kinds(), "zh")) for item in texts(page))
    assert "原位覆写 1 遍：AES-256-CTR 密钥流" in front


def test_who_signs_stands_under_when():
    people = [*PEOPLE, replace_person("钱七", Role.APPROVER)]
    for language, heads in (
        ("zh", ("事前审批", "经办执行", "事后监销")),
        ("en", ("Approved before", "Carried out", "Witnessed after")),
        ("both", ("事前审批 Approved before", "经办执行 Carried out", "事后监销 Witnessed after")),
    ):
        sheet = laid(sample.clean(), language, people)
        page = sheet.pages[sheet.fields["officer"].page]
        at = [next(item.y for item in texts(page) if item.text == head) for head in heads]
        places = [sheet.fields[name].y2 for name in ("approver", "officer", "witness")]
        tops = [at[0], places[0], at[1], places[1], at[2], places[2]]
        assert tops == sorted(tops, reverse=True)
    # Without approvers there is no heading for them.
    assert "事前审批" not in all_text(laid(sample.clean(), "zh"))


def test_register_time_and_stand_ins_are_on_the_paper():
    text = all_text(laid(sample.clean(), "zh"))
    assert "abababab abababab" in text
    assert "本证书为登记簿第 7 份" in text
    assert "RFC 3161 时间戳：http://tsa.example.cn/tsr" in text
    assert "签名时间另有 RFC 3161 时间戳" in text
    assert "监销人 李四 代 钱七：住院，书面委托见证据文件" in text
    assert "代 钱七 签署" in text
    text = all_text(laid(sample.clean(), "en"))
    assert "Number 7 of the register" in text
    assert "RFC 3161 time stamp: http://tsa.example.cn/tsr" in text
    assert "李四 instead of 钱七" in text


def test_without_register_and_time_service_the_paper_says_so():
    text = all_text(laid(sample.clean(), "zh", issuing=Issuing()))
    assert "未入证书登记簿" in text
    assert "先后次序由证书登记簿证明" not in text
    assert "时间取自本计算机时钟，未与外部时间源核对" in text
    first = all_text(laid(sample.clean(), "zh", issuing=Issuing(Follows(1, "", ""))))
    assert "本证书为登记簿第 1 份，之前没有证书" in first
    assert "先后次序由证书登记簿证明" in first


def test_whose_certificates_they_are():
    from types import SimpleNamespace

    from app.identity.chain import Papers

    issued = [
        SimpleNamespace(role=one.role, name=one.name, fingerprint=one.fingerprint, papers=Papers((b"root",)))
        for one in PEOPLE
    ]
    assert "为自行签发，非持牌" in all_text(laid(sample.clean(), "zh"))
    assert "由机构签发；是否可信" in all_text(laid(sample.clean(), "zh", issued))
    assert "部分为自行签发" in all_text(laid(sample.clean(), "zh", [issued[0], PEOPLE[1]]))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_archives_that_were_not_opened_are_counted(language):
    repository = Searched("borg:repo", 120, 4, 0, (Reason.NOT_OPENED,), check="check", unopened=317)
    account = replace(sample.clean(), searched=(repository,))
    told = all_text(laid(account, language))
    assert "317" in told
    assert "317" not in all_text(
        laid(replace(account, searched=(replace(repository, unopened=0),)), language)
    )


def test_a_package_without_a_receipt_is_told_until_the_receipt_is_there():
    kept = sample.line(901, fate=Fate.SEAL, ground=Ground.RETENTION, outcome=KeepOutcome.SEALED)
    account = replace(sample.clean(), papers=())
    receipt = Paper("custodian", "receipt.pdf", 2000, "ab" * 32)
    sealed = replace(account, lines=(*account.lines, kept))

    def told(one):
        return {reason for reason, _ in limits_seen(one)} & {Reason.NO_RECEIPT}

    assert told(sealed) == {Reason.NO_RECEIPT}
    assert not told(account)
    assert not told(replace(sealed, papers=(receipt,)))
