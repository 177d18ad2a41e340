"""Time stamps of a real `openssl ts` behind a local server: asked for, kept slim, read, never bent."""

import hashlib
import io
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "identity"))

from authority import Authority
from pyhanko_certvalidator import ValidationContext
from time_service import answered, furnish, serving

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity import unlock
from app.identity.chain import Papers
from app.steps.certify.page.sheet import Place
from app.steps.certify.signing.cmsform import embedded, embedded_fault, stamp_in
from app.steps.certify.signing.seals import sealed, with_fields
from app.steps.certify.signing.timeservice import TimeService
from app.steps.certify.signing.timestamp import read_stamp, slim


@pytest.fixture(scope="module")
def authority():
    return Authority.make()


@pytest.fixture(scope="module")
def clockwork(tmp_path_factory, authority):
    return furnish(tmp_path_factory.mktemp("tsa"), authority)


@pytest.fixture(scope="module")
def service(clockwork):
    with serving(lambda query: answered(clockwork, query)) as (url, seen):
        yield url, seen


@pytest.fixture(scope="module")
def token(clockwork):
    """A slim token over b"signature", and what came beside it."""
    import asyncio

    with serving(lambda query: answered(clockwork, query)) as (url, _):
        made = TimeService(url)
        stamped = asyncio.run(made.way.async_timestamp(hashlib.sha256(b"signature").digest(), "sha256"))
    return stamped.dump(), made.others


def blank(folder):
    pdf = pikepdf.new()
    pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def stamped_pdf(tmp_path_factory, authority, service, people):
    """Officer self-issued, witness of an authority, both stamped; CRLs and chains in the document."""
    from app.steps.certify.document.stamp import stamp
    from app.steps.certify.wording import Words

    folder = tmp_path_factory.mktemp("signed")
    authority.person(folder / "w.p12", "赵𬭚", "correct horse 6")
    papers = Papers((), authority.crls)
    witness = unlock(folder / "w.p12", "correct horse 6", Role.WITNESS, papers=papers)
    hour = TimeService(service[0])
    places = {name: Place(0, 40, top, 300, top + 60) for name, top in (("officer", 300), ("witness", 200))}
    all_papers = witness.papers + Papers(hour.others)
    pdf = with_fields(blank(folder), places, all_papers)
    fields = [("officer", people[0]), ("witness", witness)]
    moment = datetime.now(UTC).replace(microsecond=0)
    stamps = {name: stamp(person, Words.of("zh"), places[name], moment) for name, person in fields}
    path = folder / "c.pdf"
    path.write_bytes(sealed(pdf, fields, stamps, moment, hour))
    return path, fields, all_papers


def signatures(data):
    from pyhanko.pdf_utils.reader import PdfFileReader

    reader = PdfFileReader(io.BytesIO(data))
    return {one.field_name: one for one in reader.embedded_signatures}


def gap(data, one):
    return data[one.byte_range[1] : one.byte_range[2]]


def test_every_signature_is_stamped(stamped_pdf, service):
    data = stamped_pdf[0].read_bytes()
    for one in signatures(data).values():
        told = stamp_in(embedded(gap(data, one)))
        assert told is not None
        assert told.name == "示例时间戳中心"
        assert abs(told.at - datetime.now(UTC)) < timedelta(minutes=5)
    # One question for the size, one for each signature.
    assert len(service[1]) == 3


def test_the_form_leaves_no_byte_free(stamped_pdf):
    path, fields, _ = stamped_pdf
    data = path.read_bytes()
    found = signatures(data)
    for name, person in fields:
        above = {hashlib.sha256(one).hexdigest() for one in person.papers.chain}
        assert not embedded_fault(gap(data, found[name]), person.fingerprint, above)
        assert embedded_fault(gap(data, found[name]), "00" * 32, above)


def test_pdfsig_and_pyhanko_agree(stamped_pdf):
    """PAdES B-LT in pyHanko's own words: nothing but the root, and what the document holds."""
    from asn1crypto.x509 import Certificate
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    path, _, papers = stamped_pdf
    said = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
    ).stdout
    assert said.count("Signature is Valid") == 2
    assert said.count("Total document signed") == 1
    reader = PdfFileReader(io.BytesIO(path.read_bytes()))
    terms = {
        "trust_roots": [Certificate.load(papers.chain[1])],
        "revocation_mode": "require",
        "allow_fetching": False,
    }
    held = DocumentSecurityStore.read_dss(reader)
    one = next(one for one in reader.embedded_signatures if one.field_name == "witness")
    both = (held.as_validation_context(dict(terms)) for _ in range(2))
    status = validate_pdf_signature(one, *both)
    assert status.bottom_line, status.pretty_print_details()
    assert status.timestamp_validity.trusted
    bare = ValidationContext(**terms, crls=[], ocsps=[])
    assert not validate_pdf_signature(one, bare, bare).bottom_line


def test_openssl_verifies_the_stamp(stamped_pdf, clockwork, tmp_path):
    one = signatures(stamped_pdf[0].read_bytes())["witness"]
    signer = one.signer_info
    (tmp_path / "signature").write_bytes(signer["signature"].native)
    (tmp_path / "token").write_bytes(signer["unsigned_attrs"][0]["values"][0].dump())
    command = ["openssl", "ts", "-verify", "-data", "signature", "-in", "token", "-token_in"]
    command += ["-CAfile", str(clockwork / "root.pem"), "-untrusted", str(clockwork / "chain.pem")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" in done.stdout + done.stderr, done
    (tmp_path / "signature").write_bytes(b"another")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_what_comes_beside_the_token_is_kept_apart(token, authority):
    made, others = token
    assert set(others) == set(authority.chain)
    assert read_stamp(made, b"signature").name == "示例时间戳中心"
    with pytest.raises(ValueError, match="something else"):
        read_stamp(made, b"another signature")


def test_no_bit_of_a_token_is_free(token):
    made, _ = token
    for at in range(len(made) * 8):
        bent = bytearray(made)
        bent[at // 8] ^= 1 << (at % 8)
        with pytest.raises(ValueError):
            read_stamp(bytes(bent), b"signature")


def test_no_bit_of_the_last_signature_is_free(stamped_pdf):
    """No later signature covers it; the form alone has to."""
    path, fields, _ = stamped_pdf
    data, person = path.read_bytes(), fields[1][1]
    above = {hashlib.sha256(one).hexdigest() for one in person.papers.chain}
    whole = gap(data, signatures(data)["witness"])
    chance = random.Random(7)
    for at in chance.sample(range(len(whole) * 8), 1500):
        bent = bytearray(whole)
        bent[at // 8] ^= 1 << (at % 8)
        fault = embedded_fault(bytes(bent), person.fingerprint, above)
        if not fault:
            # Signed attributes and the signature itself are for the cryptography to see.
            cms = bytes.fromhex(bytes(bent)[1:-1].decode())
            assert not _holds(cms), at


def _holds(cms):
    from asn1crypto import cms as form

    from app.identity.certificate import has_signed

    (signer,) = form.ContentInfo.load(cms)["content"]["signer_infos"]
    certificates = form.ContentInfo.load(cms)["content"]["certificates"]
    serial = signer["sid"].chosen["serial_number"].native
    own = next(one.chosen for one in certificates if one.chosen.serial_number == serial)
    return has_signed(own.dump(), signer["signature"].native, b"\x31" + signer["signed_attrs"].dump()[1:])


def test_a_stamp_that_is_not_for_stamps(tmp_path, authority):
    folder = furnish(tmp_path / "t", authority, stamps=False)
    with serving(lambda query: _with_another_key(folder, query)) as (url, _):
        assert fault_of(url) is Fault.TIME_NOT_STAMPED


def _with_another_key(folder, query):
    try:
        return answered(folder, query)
    except subprocess.CalledProcessError:
        return b""


def fault_of(url):
    with pytest.raises(Refused) as refused:
        TimeService(url)
    return refused.value.fault


@pytest.mark.parametrize("reply", [b"", b"junk", b"\x30\x03\x02\x01\x00", bytes.fromhex("30053003020102")])
def test_a_bad_answer_is_refused(reply):
    with serving(lambda _: reply) as (url, _):
        assert fault_of(url) is Fault.TIME_NOT_STAMPED


def test_an_answer_to_another_question_is_refused(clockwork):
    first: list[bytes] = []

    def answer(query):
        first.append(answered(clockwork, query))
        return first[0]

    with serving(answer) as (url, _):
        TimeService(url)
        assert fault_of(url) is Fault.TIME_NOT_STAMPED


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "file:///etc/hostname", "no address", "ftp://x/"])
def test_nobody_there(url):
    assert fault_of(url) is Fault.TIME_NOT_STAMPED


def test_slim_wants_one_signer(token):
    for junk in (b"", b"junk", token[0][:-1]):
        with pytest.raises(ValueError):
            slim(junk)
