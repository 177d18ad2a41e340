"""What stands where: nothing outside the page, no text over another, seal and signatures clear."""

from dataclasses import replace
from types import SimpleNamespace

import account_sample as sample
import pytest

from app.domain.case import Role
from app.domain.fate import Fate, Ground
from app.domain.outcome import KeepOutcome
from app.identity.chain import Papers
from app.steps.certify.account import Paper
from app.steps.certify.document.closing import Digests
from app.steps.certify.document.front import laid_out
from app.steps.certify.document.signing import SEAL
from app.steps.certify.page.sheet import BOTTOM, HEIGHT, LEFT, MM, RIGHT, WIDTH, Fill, Rule, Text, width_of
from app.steps.certify.wording import Words

DIGESTS = Digests("0123abcd" * 8, "89ab" * 16, "77" * 32, "66" * 32, "LETHE2:" + "A1" * 145, "55" * 32)
PEOPLE = [
    SimpleNamespace(role=Role.OFFICER, name="王𬭚", fingerprint="ab" * 32, papers=Papers()),
    SimpleNamespace(role=Role.WITNESS, name="李四", fingerprint="cd" * 32, papers=Papers()),
]


def sheet(account, people=PEOPLE):
    return laid_out(account, people, "2026-11-21T10:05:00Z", sample.closing(), DIGESTS)


def box(text):
    width = width_of(text.text, text.style)
    return text.x, text.y - 0.12 * text.style.size, text.x + width, text.y + 0.72 * text.style.size


def texts(page):
    return [item for item in page if isinstance(item, Text) and item.text.strip()]


def nothing_clipped_or_overlapping(laid):
    """Assert that every text is inside the margins of its page and over no other."""
    for page in laid.pages:
        boxes = sorted((box(text), text.text) for text in texts(page))
        for (x1, y1, x2, y2), text in boxes:
            assert x1 >= LEFT - 0.1, text
            assert x2 <= WIDTH - RIGHT + 0.1, text
            assert y1 >= BOTTOM - 24, text
            assert y2 <= HEIGHT - 10 * MM, text
        by_height = sorted(boxes, key=lambda one: one[0][1])
        for n, ((x1, _, x2, y2), text) in enumerate(by_height):
            for (a1, b1, a2, _), other in by_height[n + 1 :]:
                if b1 >= y2:
                    break
                assert a1 >= x2 - 0.05 or a2 <= x1 + 0.05, (text, other)


ACCOUNTS = {
    "clean": sample.clean(),
    "rehearsal": sample.clean(rehearsal=True),
    "mixed": sample.mixed(),
    "one failure": sample.mixed(1),
    "many failures": sample.mixed(400),
    "empty": sample.clean(0, locations=(), media=(), dates=(), signers=()),
}


@pytest.mark.parametrize("language", ["zh", "en", "both"])
@pytest.mark.parametrize("name", ACCOUNTS)
def test_nothing_is_clipped_or_overlaps(name, language):
    laid = sheet(replace(ACCOUNTS[name], language=language))
    nothing_clipped_or_overlapping(laid)


@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_all_of_it_is_three_pages_at_most_when_all_went_well(language):
    assert len(sheet(sample.clean(language=language)).pages) <= 3


@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_signature_fields_and_seal_are_clear(language):
    laid = sheet(replace(sample.mixed(), language=language))
    assert list(laid.fields) == ["officer", "witness"]
    for place in laid.fields.values():
        assert place.x2 - place.x1 > 60 * MM
        assert place.y2 - place.y1 >= 12 * MM
        for text in texts(laid.pages[place.page]):
            x1, y1, x2, y2 = box(text)
            assert x2 <= place.x1 or x1 >= place.x2 or y2 <= place.y1 or y1 >= place.y2, text.text
    assert SEAL >= 50 * MM
    last = laid.pages[laid.fields["officer"].page]
    dashed = [item for item in last if isinstance(item, Rule) and item.dash]
    square = [r for r in dashed if abs(abs(r.x2 - r.x1) - SEAL) < 0.01 or abs(abs(r.y2 - r.y1) - SEAL) < 0.01]
    assert len(square) == 4
    low, high = min(r.y1 for r in square), max(r.y1 for r in square)
    left, right = min(r.x1 for r in square), max(r.x1 for r in square)
    inside = [t.text for t in texts(last) if box(t)[0] > left and box(t)[2] < right and low < t.y < high]
    # Only the unit and the date, which the seal is pressed over.
    assert inside == [sample.clean().company, "年　　月　　日" if language != "en" else "Y / M / D"]


def test_five_people_have_five_fields():
    people = [*PEOPLE, replace_person("赵六", Role.WITNESS), replace_person("钱七", Role.APPROVER)]
    laid = sheet(sample.clean(), people)
    # In the order in which they act: who approves, who carries it out, who watches.
    assert list(laid.fields) == ["approver", "officer", "witness", "witness2"]
    assert len({(p.page, p.y1) for p in laid.fields.values()}) == 4


def replace_person(name, role):
    fingerprint = name.encode().hex().ljust(64, "0")
    return SimpleNamespace(role=role, name=name, fingerprint=fingerprint, papers=Papers())


def all_text(laid):
    return "".join("".join(t.text for t in texts(page)) for page in laid.pages)


def test_every_failure_is_printed():
    text = all_text(sheet(sample.mixed(400)))
    for n in range(400):
        assert f"r-{200 + n:016x}" in text


def test_never_more_than_was_seen():
    for language in ("zh", "en", "both"):
        for account in ACCOUNTS.values():
            text = all_text(sheet(replace(account, language=language)))
            for claim in (
                "不可恢复",
                "无法恢复",
                "irrecoverabl",
                "unrecoverabl",
                "Purge",
                "purge",
                "NIST Clear",
            ):
                assert claim not in text


def test_the_bin_is_said_to_be_no_destruction():
    assert "已移入回收站，未销毁" in all_text(sheet(sample.mixed()))
    assert "Moved to the bin, not destroyed" in all_text(sheet(sample.mixed(language="en")))


def test_pages_are_numbered_and_marked():
    laid = sheet(sample.mixed())
    for number, page in enumerate(laid.pages, 1):
        assert any(t.text == f"第 {number} 页 / 共 {len(laid.pages)} 页" for t in texts(page))
    assert "以下空白" in all_text(laid)


def test_the_watermark_lies_above_the_tints_and_below_the_text():
    for page in sheet(sample.clean(rehearsal=True)).pages:
        ghosts = [n for n, item in enumerate(page) if getattr(item, "text", "") == "演练"]
        assert len(ghosts) == 1
        assert all(isinstance(item, Fill) for item in page[: ghosts[0]])
        assert not any(isinstance(item, Fill) for item in page[ghosts[0] + 1 :])


def test_places_that_may_not_be_named_are_counted():
    assert "2 处，按所选级别不显示名称" in all_text(sheet(sample.clean(locations=("", ""))))


def test_every_method_of_the_steps_has_words():
    words = Words.of("en")
    for method in ("keystream-1", "untouched", "trash", "overwrite-key-2", "digest", "stat", "bagit-age"):
        assert words.method(method) != method
    assert words.method("something-newer") == "something-newer"


@pytest.mark.parametrize("language", ["zh", "en", "both"])
@pytest.mark.parametrize("failures", [0, 1, 400])
def test_the_signatures_stand_on_one_of_the_first_pages(language, failures):
    """However many failures there are: what does not fit stands behind them."""
    account = sample.clean(language=language)
    failed = [sample.line(900 + n, outcome=None, evidence=None) for n in range(failures)]
    laid = sheet(replace(account, lines=(*account.lines, *failed)))
    assert {place.page for place in laid.fields.values()} <= {0, 1, 2}
    assert (len(laid.pages) > 3) == (failures == 400)


def test_what_stands_behind_is_counted_in_front():
    laid = sheet(sample.mixed(400))
    front = "".join(t.text for page in laid.pages[: laid.fields["officer"].page + 1] for t in texts(page))
    assert "以上 406 项逐一列于签署页之后的异常附表" in front
    assert "400" in front
    behind = "".join(t.text for page in laid.pages[laid.fields["officer"].page + 1 :] for t in texts(page))
    assert behind.count("r-") == 404
    assert "以下空白" in behind


def test_documents_are_told_by_digest():
    papers = (
        Paper("training", "培*.pdf", 2048, "1c" * 32),
        Paper("processor", "回*.pdf", 1_234_567, "2d" * 32),
        Paper("own.kind", "x", 1, "3e" * 32),
    )
    for language in ("zh", "en", "both"):
        text = all_text(sheet(sample.clean(papers=papers, language=language)))
        assert all(paper.sha256 in text for paper in papers)
        assert "own.kind" in text
    assert "所附培训记录 1 份" in all_text(sheet(sample.clean(papers=papers)))
    assert "本案未附培训记录" in all_text(sheet(sample.clean(papers=papers[1:])))


def test_the_law_that_keeps_a_record_is_named_in_each_language():
    kept = sample.line(
        7,
        fate=Fate.FREEZE,
        ground=Ground.HOLD,
        rule="complaint",
        law="刑法307,314（解释，待确认）",
        outcome=KeepOutcome.FROZEN,
    )
    for language, said in (
        ("zh", "刑法307,314（解释，待确认）"),
        ("en", "Criminal Law (刑法) 307,314 (interpretation, to be confirmed)"),
    ):
        account = sample.clean(language=language)
        text = all_text(sheet(replace(account, lines=(*account.lines, kept))))
        assert said in text
