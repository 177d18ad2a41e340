import pytest

from app.steps.certify.page.breaking import break_lines, drawable, visible
from app.steps.certify.page.faces import Weight, face, to_unicode

REGULAR = face(Weight.REGULAR)


@pytest.mark.parametrize(
    "text",
    [
        "FAILED",
        "Method DD-2026-000123",
        "he said “no，” then（left）",
        "《个人信息保护法》第四十七条，第一款。" * 3,
    ],
)
@pytest.mark.parametrize("width", [30.0, 50.0, 90.0])
def test_punctuation_and_words(text, width):
    lines = break_lines(text, REGULAR, 8, width)
    joined = "".join(lines).replace(" ", "")
    assert joined == text.replace(" ", "")
    for line in lines:
        assert REGULAR.width(line, 8) <= width
        assert line == line.strip()
    for line in lines[1:]:
        assert line[0] not in "，。、；：？！）》”"
    for line in lines[:-1]:
        assert line[-1] not in "（《“"


def test_a_word_that_fits_is_never_parted():
    assert break_lines("已销毁 FAILED", REGULAR, 8, 30) == ["已销毁", "FAILED"]
    assert all("FAILED" in one or "F" not in one for one in break_lines("a/b/FAILED_x", REGULAR, 8, 34))


def test_numbers_stay_whole():
    assert "4,398\u00a0B" in break_lines("字字字字 4,398\u00a0B", REGULAR, 8, 40)


def test_a_word_wider_than_the_line_is_cut_last_of_all():
    lines = break_lines("x" * 100, REGULAR, 8, 40)
    assert "".join(lines) == "x" * 100
    assert len(lines) > 1
    assert break_lines("国", REGULAR, 8, 1) == ["国"]


def test_a_newline_ends_a_line_and_empty_text_is_one_line():
    assert break_lines("a\nb", REGULAR, 8, 100) == ["a", "b"]
    assert break_lines("", REGULAR, 8, 100) == [""]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a<U+202E>b"),
        ("a\nb\x7f", "a<U+000A>b<U+007F>"),
        ("\u200b\u00ad\ufeff\u2066", "<U+200B><U+00AD><U+FEFF><U+2066>"),
        ("\udcff", "<0xFF>"),
        ("\ud800", "<U+D800>"),
        ("普通 name.txt", "普通 name.txt"),
    ],
)
def test_visible(text, shown):
    assert visible(text) == shown
    assert visible(shown) == shown


def test_missing_glyph_is_said_never_an_empty_box():
    assert drawable("a😀", REGULAR) == "a〓(U+1F600)"


def test_to_unicode_writes_surrogate_pairs_in_blocks_of_100():
    cmap = to_unicode("F", [0, 0x41, 0x2CB5A, 0xD800, *range(0x4E00, 0x4E00 + 200)])
    assert "<02> <D872DF5A>" in cmap
    assert "<03> <FFFD>" in cmap
    assert "<00> <0000>" not in cmap
    assert "100 beginbfchar" in cmap
    counts = [int(line.split()[0]) for line in cmap.splitlines() if line.endswith("beginbfchar")]
    assert max(counts) <= 100
    assert sum(counts) == 203
