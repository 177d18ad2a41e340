"""The code on the paper: signed, small enough to print, read from a photo, and no bit of it free."""

import random
import shutil
from dataclasses import replace
from pathlib import Path

import account_sample as sample
import pytest
from certify_issued import issue

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity import create
from app.steps.certify import Standing, Status, verify, verify_code
from app.steps.certify.evidence.base45 import decoded, encoded
from app.steps.certify.evidence.signed_code import PREFIX, Told, key_digest, read_code, signed_code
from app.steps.certify.page.qr import modules

TOLD = Told(
    number="〔2026〕销证字第001号",
    issued_at=1_795_255_500,
    status=Status.WITH_EXCEPTIONS,
    rehearsal=False,
    items=1_000_000,
    destroyed=999_000,
    kept=900,
    exceptions=100,
    bytes=1 << 43,
    journal_count=1_200_000,
    head="e1" * 32,
    manifest="ab" * 32,
)


@pytest.mark.parametrize(
    ("plain", "text"), [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"", "")]
)
def test_base45_by_the_examples_of_rfc_9285(plain, text):
    assert encoded(plain) == text
    assert decoded(text) == plain


@pytest.mark.parametrize("text", ["GGW", ":::", "A", "abc", "::", "QED8WEX0", "BB8\n"])
def test_what_is_no_base45(text):
    if text == "QED8WEX0":
        assert decoded(text) == b"ietf!"
        return
    with pytest.raises(ValueError):
        decoded(text)


def test_it_tells_all_and_fits_on_paper(people):
    text = signed_code(TOLD, people[0])
    code = read_code(f"\n{text[:100]}\n{text[100:]}\n")
    assert replace(code.told, head=TOLD.head) == TOLD
    assert TOLD.head.startswith(code.told.head)
    assert code.holds
    assert code.key == key_digest(people[0].certificate_der)
    side = len(modules(text))
    assert side <= 57, "version 10"


def test_no_bit_of_it_is_free(people):
    text = signed_code(TOLD, people[0])
    data = decoded(text.removeprefix(PREFIX))
    for bit in range(len(data) * 8):
        bad = bytearray(data)
        bad[bit // 8] ^= 1 << bit % 8
        code = read_code(PREFIX + encoded(bytes(bad)))
        assert code is None or not code.holds, bit
    rng = random.Random(45)
    for at in range(len(text)):
        other = rng.choice([c for c in "0123456789ABCXYZ$%*+-./: " if c != text[at]])
        code = read_code(text[:at] + other + text[at + 1 :])
        assert code is None or not code.holds, at
    for cut in range(0, len(text), 7):
        code = read_code(text[:cut])
        assert code is None or not code.holds


def test_a_strangers_code_does_not_pass_for_the_certificates(small, tmp_path, people):
    stranger = create("外人", Role.OFFICER, tmp_path / "x.p12", "a b c d")
    for name in ("manifest.json", "manifest.p7s"):
        shutil.copy(small / name, tmp_path)
    verdict = verify_code(signed_code(TOLD, stranger).encode(), tmp_path)
    assert {one.name for one in verdict.checks if not one.ok} == {
        "code.manifest",
        "code.agrees",
        "code.signer",
    }
    assert verdict.status is Standing.ALTERED
    alone = verify_code(signed_code(TOLD, stranger).encode(), tmp_path / "none")
    assert alone.valid
    assert any(key_digest(stranger.certificate_der) in one.detail for one in alone.checks), (
        "for people to compare"
    )


def test_an_rsa_key_is_not_in_the_code(tmp_path):
    from test_certify_issue import _rsa_person

    people = [_rsa_person(tmp_path, "陈一", Role.OFFICER), _rsa_person(tmp_path, "林二", Role.WITNESS)]
    folder = issue(sample.clean(2), tmp_path / "case" / "certificate", people)
    text = signed_code(TOLD, people[0])
    assert read_code(text).holds is None
    assert verify_code(text.encode(), tmp_path / "none").status is Standing.INCOMPLETE
    photo = picture(folder, tmp_path / "page.png")
    shutil.copy(photo, folder / "photo.png")
    assert verify(folder / "photo.png").valid


def picture(folder, path) -> Path:
    """A picture of the page with the code, as a phone would take it: 150 dots an inch, turned a little."""
    import pypdfium2
    from PIL import Image

    for page in pypdfium2.PdfDocument(folder / "certificate.pdf"):
        text = page.get_textpage().get_text_range()
        if "QR" in text or "二维码" in text:
            image = page.render(scale=150 / 72).to_pil()
            image.rotate(3, Image.Resampling.BILINEAR, expand=True, fillcolor="white").save(path)
            return path
    raise AssertionError("no page with a code")


def test_a_photo_is_read_and_held_against_the_manifest(small, tmp_path):
    photo = picture(small, tmp_path / "photo.png")
    verdict = verify(photo)
    assert verdict.kind == "qr"
    assert verdict.valid, verdict
    for name in ("manifest.json", "manifest.p7s"):
        shutil.copy(small / name, tmp_path)
    verdict = verify(photo)
    assert verdict.valid, verdict
    assert {"code.manifest", "code.agrees", "code.signer"} <= {one.name for one in verdict.checks}


def test_a_picture_without_a_code(tmp_path):
    from PIL import Image

    Image.new("L", (200, 200), 255).save(tmp_path / "white.png")
    assert verify(tmp_path / "white.png").status is Standing.NOT_OURS
    (tmp_path / "none.png").write_bytes(b"no picture")
    with pytest.raises(Refused) as refused:
        verify(tmp_path / "none.png")
    assert refused.value.fault is Fault.NOT_VERIFIABLE


def test_a_text_file(small, tmp_path, people):
    (tmp_path / "code.txt").write_text(signed_code(TOLD, people[0]) + "\n")
    assert verify(tmp_path / "code.txt").valid
    (tmp_path / "code.txt").write_text("LETHE2:NOTHING")
    assert verify(tmp_path / "code.txt").status is Standing.ALTERED
