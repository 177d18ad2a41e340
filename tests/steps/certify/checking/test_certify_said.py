"""What a check saw is said in both languages: nothing of the other one, nothing raw."""

import re
import shutil
import tomllib

import pytest
from certify_issued import ISSUED_AT

from app.language import Language
from app.steps.certify import explained, prove, verify
from app.steps.certify.verdict import Check, Said
from app.steps.certify.wording import Who
from app.system.paths import resource

LATIN = re.compile(r"[A-Za-z]{3,}")
HAN = re.compile(r"[\u3400-\u9fff]")
NAMES_OF_THINGS = re.compile(
    r"SHA-256|RFC|Merkle|in-toto|Statement|RSA|Lethe|PDF|UTC|[a-z_.]+\.(?:json|p7s|csv|pdf|age|jsonl|py)|"
    r"[0-9a-f]{16,}|(?<![a-z])[rkc]-[0-9a-f]+|\d{4}-\d\d-\d\dT[0-9:]+Z"
)
"""What is called the same in Chinese: standards, files, digests, ids, times."""


def spoiled(folder, tmp_path):
    """Folders in which each time something else is wrong, and the file to look at."""

    def made(name, change, file="certificate.pdf"):
        copy = tmp_path / name / "certificate"
        copy.parent.mkdir()
        shutil.copytree(folder, copy)
        shutil.copy(folder.parent / "journal.jsonl", copy.parent)
        change(copy)
        return copy / file

    def cut(copy):
        data = (copy / "certificate.pdf").read_bytes()
        ends = [n + 6 for n in range(len(data)) if data.startswith(b"%%EOF", n)]
        (copy / "certificate.pdf").write_bytes(data[: ends[-2]])

    def write(name, data):
        return lambda copy: (copy / name).write_bytes(data)

    def swap(name, old, new):
        return lambda copy: (copy / name).write_bytes((copy / name).read_bytes().replace(old, new))

    def lines(copy):
        path = copy.parent / "journal.jsonl"
        path.write_bytes(path.read_bytes()[:-900])

    yield made("good", lambda copy: None)
    yield made("cut", cut)
    yield made("garbled", swap("certificate.pdf", b"/ByteRange", b"/ByteRangf"))
    yield made("grown", lambda copy: (copy / "certificate.pdf").open("ab").write(b"% more"))
    yield made("no p7s", lambda copy: (copy / "manifest.p7s").unlink(), "manifest.json")
    yield made("other p7s", write("manifest.p7s", b"0"), "manifest.json")
    yield made("status", swap("manifest.json", b'"with_exceptions"', b'"all_destroyed"'), "manifest.json")
    yield made("form", swap("manifest.json", b'{"annex"', b'{ "annex"'), "manifest.json")
    yield made("stranger", write("manifest.json", b"{}"), "manifest.p7s")
    yield made("dsse", swap("manifest.dsse.json", b"a", b"b"), "manifest.dsse.json")
    yield made("inventory", swap("inventory.csv", b"r-", b"q-"), "inventory.csv")
    yield made("journal", lines)
    yield made("journal changed", lambda c: (c.parent / "journal.jsonl").write_bytes(b"x"))
    yield made("leaves", swap("leaves.jsonl", b"wipe", b"seal"))
    yield made("proof", lambda copy: (copy / "p.json").write_bytes(prove(copy, "k-1")), "p.json")
    yield made("register", lambda copy: (copy.parent / "certificates.jsonl").write_bytes(b"{}\n"))


def test_each_detail_is_in_the_language_asked_for(issued, tmp_path):
    """Names and the number of the certificate are Chinese in both, so they are taken out first."""
    looked = 0
    for file in spoiled(issued, tmp_path):
        for check in verify(file).checks:
            chinese, english = (
                re.sub("王𬭚|李四鿏|〔2026〕示销证字第001号", "", check.said(language))
                for language in Language
            )
            rest = NAMES_OF_THINGS.sub("", chinese)
            assert not LATIN.search(rest), (file.parent.parent.name, check.name, chinese)
            assert not HAN.search(english), (file.parent.parent.name, check.name, english)
            assert isinstance(check.told, Said) or not check.told, check.name
            explained(check.name, Language.ZH)
            looked += 1
    assert looked > 150
    assert ISSUED_AT


def test_a_name_in_a_file_cannot_hide_or_turn_the_line(issued):
    told = Said("signed.by", names=(Who("officer", "a\u202eb\n{0.__class__}"), Who("king", "c")))
    assert told.in_words(Language.ZH) == "签署人：经办人 a<U+202E>b<U+000A>{0.__class__}、king c"
    assert told.in_words(Language.EN) == "signed by Officer a<U+202E>b<U+000A>{0.__class__}, king c"


@pytest.mark.parametrize("section", ["seen", "check"])
def test_every_sentence_has_both_languages(section):
    table = tomllib.loads(resource("i18n/certificate.toml").read_text(encoding="utf-8"))
    for name, texts in table[section].items():
        assert set(texts) == {"zh", "en"}, name
        assert set(re.findall(r"{(\w+)}", texts["zh"])) == set(re.findall(r"{(\w+)}", texts["en"])), name


def test_every_sentence_that_is_said_is_in_the_table():
    import ast
    from pathlib import Path

    table = tomllib.loads(resource("i18n/certificate.toml").read_text(encoding="utf-8"))["seen"]
    rooms = Path(__file__).parents[4] / "app/steps/certify"
    found = 0
    for path in rooms.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Said":
                for one in ast.walk(node.args[0]):
                    if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value:
                        known = one.value in table or any(name.startswith(one.value) for name in table)
                        assert known, (path.name, one.value)
                        found += 1
    assert found > 50
    assert Check("x", ok=True).said(Language.ZH) == ""
