"""Who may sign the certificate, with what, at what time; forgeries that others pass; the register."""

import hashlib
import io
import json
import random
import subprocess
import sys
from pathlib import Path

import account_sample as sample
import pikepdf
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "identity"))

from authority import PIN, Authority, Tokens, softhsm
from certify_issued import certified, ready
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from time_service import answered, furnish, serving

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity import create, unlock
from app.identity.certificate import self_issue
from app.identity.chain import Papers
from app.steps.certify import Issuing, StandIn, Standing, compose, enter, entered, next_place, verify
from app.steps.certify.evidence.ledger import LEDGER, Follows

AT = "2026-11-21T10:06:00Z"


@pytest.fixture(scope="module")
def authority():
    return Authority.make()


@pytest.fixture(scope="module")
def issued_by(tmp_path_factory, authority):
    """Give a person of the authority, with CRLs."""

    def make(common, role, crls=None):
        path = tmp_path_factory.mktemp("ca") / "p.p12"
        authority.person(path, common, "correct horse 7")
        return unlock(path, "correct horse 7", role, papers=Papers((), crls or authority.crls))

    return make


def make(folder, people, issuing=None, account=None):
    account, terms = ready(account or sample.clean(2), folder, people)
    list(compose(account, folder, people, **terms, issuing=issuing or Issuing()))
    certified(folder, terms["journal"])
    return folder / "certificate.pdf"


@pytest.fixture(scope="module")
def stamped(tmp_path_factory, authority, people, issued_by):
    """Officer self-issued, witness of the authority, everything stamped, second in its register."""
    base = tmp_path_factory.mktemp("stamped")
    clockwork = furnish(base / "tsa", authority)
    witness = issued_by("赵𬭚", Role.WITNESS)
    with serving(lambda query: answered(clockwork, query)) as (url, _):
        ledger = base / LEDGER
        for name in ("one", "two"):
            follows = next_place(ledger)
            issuing = Issuing(follows, (), url, Papers((), authority.crls))
            path = make(base / name / "certificate", [people[0], witness], issuing)
            enter(ledger, follows, path.parent, AT)
    return path


def said(path):
    return {check.name: check for check in verify(path).checks}


def failed(path):
    return {check.name for check in verify(path).checks if not check.ok}


def refusal(call, *args, **named):
    with pytest.raises(Refused) as refused:
        call(*args, **named)
    return refused.value.fault


def test_authority_stamp_and_register_are_valid_and_told(stamped, authority):
    assert verify(stamped).status is Standing.VALID, failed(stamped)
    checks = said(stamped)
    root = hashlib.sha256(authority.chain[1]).hexdigest()
    assert root in checks["signer.witness"].detail
    assert "self-issued" in checks["signer.officer"].detail
    assert "not revoked" in checks["trust.witness"].detail
    for name in ("time.officer", "time.witness"):
        assert "示例时间戳中心" in checks[name].detail
    assert checks["register.entry"].detail == "it is number 2 there"
    manifest = json.loads((stamped.parent / "manifest.json").read_bytes())
    before = stamped.parents[2] / "one" / "certificate" / "certificate.pdf"
    assert manifest["register"]["previous"] == hashlib.sha256(before.read_bytes()).hexdigest()


def test_pdfsig_openssl_and_pikepdf_agree(stamped, tmp_path):
    done = subprocess.run(["pdfsig", "-nocert", str(stamped)], capture_output=True, text=True, check=False)
    assert done.stdout.count("Signature is Valid") == 2
    folder = stamped.parent
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-noverify", "-out", "/dev/null"]
    command += ["-in", str(folder / "manifest.p7s"), "-content", str(folder / "manifest.json")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    from pikepdf import pdfa

    report = pdfa.validate_written(stamped, "3b")
    assert not [finding for finding in report.findings if finding.kind == "violation"]


def test_every_other_tool_is_deceived_but_verify_is_not(stamped, tmp_path):
    """Painted over, and the attachment swapped, in a later update: pdfsig finds both valid."""
    for kind, checks in (
        ("paint", {"signatures.changes", "signatures.cover"}),
        ("swap", {"signatures.changes", "signatures.cover", "manifest.printed"}),
    ):
        forged = tmp_path / f"{kind}.pdf"
        forged.write_bytes(_updated(stamped.read_bytes(), kind))
        done = subprocess.run(["pdfsig", "-nocert", str(forged)], capture_output=True, text=True, check=False)
        assert done.stdout.count("Signature is Valid") == 2
        verdict = verify(forged)
        assert verdict.status is Standing.ALTERED
        assert checks <= failed(forged)
        assert "may not be what was signed" in said(forged)["signatures.cover"].detail


def _updated(data, kind):
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    if kind == "paint":
        paint = generic.StreamObject(stream_data=b"q 1 1 1 rg 60 500 300 200 re f Q")
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        old = page.raw_get("/Contents")
        olds = list(old) if isinstance(old, generic.ArrayObject) else [old]
        page["/Contents"] = generic.ArrayObject([*olds, writer.add_object(paint)])
        writer.update_container(page)
    else:
        names = writer.root["/Names"]["/EmbeddedFiles"]
        names = names["/Names"] if "/Names" in names else names["/Kids"][0].get_object()["/Names"]
        spec = next(
            n.get_object()
            for n in names
            if getattr(n.get_object(), "get", None) and "manifest.json" in str(n.get_object().get("/F"))
        )
        stream = spec["/EF"].raw_get("/F").get_object()
        forged = stream.data.replace(b'"number"', b'"number"').replace(b"all_destroyed", b"all_destroyeD")
        stream._data = forged
        stream._encoded_data = None
        stream.pop("/Filter", None)
        writer.mark_update(spec["/EF"].raw_get("/F").reference)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_cut_back_to_before_the_witness_it_is_incomplete(stamped, tmp_path):
    data = stamped.read_bytes()
    ends = [at for at in range(len(data)) if data.startswith(b"%%EOF", at)]
    cut = tmp_path / "cut.pdf"
    cut.write_bytes(data[: ends[-2] + 6])
    done = subprocess.run(["pdfsig", "-nocert", str(cut)], capture_output=True, text=True, check=False)
    assert "Signature is Valid" in done.stdout
    assert verify(cut).status is Standing.INCOMPLETE, failed(cut)
    assert said(cut)["signatures.present"].detail == (
        "not signed: Witness 赵𬭚; this may be an older state, cut back to before they signed"
    )


def test_a_stamp_that_was_taken_out_is_missed(stamped, tmp_path):
    """The last signature is covered by none: without the manifest's word its stamp could go unseen."""
    from asn1crypto.tsp import ContentInfo

    data = stamped.read_bytes()
    from pyhanko.pdf_utils.reader import PdfFileReader

    one = next(o for o in PdfFileReader(io.BytesIO(data)).embedded_signatures if o.field_name == "witness")
    start, end = one.byte_range[1], one.byte_range[2]
    from app.steps.certify.signing.cmsform import embedded

    info = ContentInfo.load(embedded(data[start:end]))
    signer = info["content"]["signer_infos"][0]
    del signer["unsigned_attrs"]
    bare = info.dump(force=True).hex().upper().encode().ljust(end - start - 2, b"0")
    path = tmp_path / "bare.pdf"
    path.write_bytes(data[: start + 1] + bare + data[end - 1 :])
    assert failed(path) == {"time.witness"}


def test_turned_bits_never_pass(stamped, tmp_path):
    """Anywhere in the signatures' hexadecimal, DSS and the rest of the file, and in manifest.p7s."""
    data, chance = stamped.read_bytes(), random.Random(11)
    from pyhanko.pdf_utils.reader import PdfFileReader

    gaps = [(o.byte_range[1], o.byte_range[2]) for o in PdfFileReader(io.BytesIO(data)).embedded_signatures]
    store = data.index(b"/DSS")
    spots = [chance.randrange(a * 8, b * 8) for a, b in gaps for _ in range(25)]
    spots += [chance.randrange((store - 20_000) * 8, store * 8) for _ in range(10)]
    path = tmp_path / "bent.pdf"
    for spot in spots:
        bent = bytearray(data)
        bent[spot // 8] ^= 1 << (spot % 8)
        path.write_bytes(bent)
        assert not verify(path).valid, spot
    for name in ("manifest.json", "manifest.p7s"):
        (tmp_path / name).write_bytes((stamped.parent / name).read_bytes())
    p7s = (tmp_path / "manifest.p7s").read_bytes()
    for spot in (chance.randrange(len(p7s) * 8) for _ in range(250)):
        bent = bytearray(p7s)
        bent[spot // 8] ^= 1 << (spot % 8)
        (tmp_path / "manifest.p7s").write_bytes(bent)
        assert not verify(tmp_path / "manifest.p7s").valid, spot


def test_a_revoked_witness_is_refused_and_seen(tmp_path, authority, people, issued_by):
    witness = issued_by("赵六", Role.WITNESS)
    from cryptography import x509

    gone = authority.crl(x509.load_der_x509_certificate(witness.certificate_der)), authority.crls[1]
    revoked = type(witness)(
        witness.path, witness._key, witness.certificate_der, witness.holder, Papers((), gone)
    )
    assert refusal(make, tmp_path / "a" / "c", [people[0], revoked]) is Fault.CERTIFICATE_REVOKED
    path = make(tmp_path / "b" / "c", [people[0], witness], Issuing(None, (), "", Papers((), gone)))
    assert failed(path) == {"trust.witness"}


def test_without_revocation_data_it_is_said(tmp_path, people, authority):
    authority.person(tmp_path / "w.p12", "赵六", "correct horse 8")
    witness = unlock(tmp_path / "w.p12", "correct horse 8", Role.WITNESS)
    path = make(tmp_path / "a" / "c", [people[0], witness])
    assert verify(path).valid
    assert "nothing in the document says" in said(path)["trust.witness"].detail


def test_no_stamp_no_certificate(tmp_path, people):
    with serving(lambda _: b"") as (url, _):
        assert refusal(make, tmp_path / "c", people, Issuing(tsa=url)) is Fault.TIME_NOT_STAMPED
    assert not (tmp_path / "c" / "certificate.pdf").exists()


def test_another_person_does_not_sign(tmp_path, people):
    """Whoever signs the certificate is who signed the plan, or a declared stand-in."""
    folder = tmp_path / "case" / "certificate"
    account, terms = ready(sample.clean(2), folder, people)
    other = create("周七", Role.WITNESS, tmp_path / "o.p12", "correct horse 9")

    def attempt(signers, *stand_ins):
        return list(compose(account, folder, signers, **terms, issuing=Issuing(stand_ins=stand_ins)))

    name = people[1].name
    for stand_ins in (
        (),
        (StandIn(Role.WITNESS, "吴八", name, "left"),),
        (StandIn(Role.WITNESS, "周七", "吴八", "left"),),
        (StandIn(Role.OFFICER, "周七", name, "left"),),
    ):
        assert refusal(attempt, [people[0], other], *stand_ins) is Fault.OTHER_SIGNER
    assert refusal(attempt, [*people, other]) is Fault.OTHER_SIGNER
    assert not (folder / "certificate.pdf").exists()
    attempt([people[0], other], StandIn(Role.WITNESS, "周七", name, "left the company"))
    certified(folder, terms["journal"])
    assert verify(folder / "certificate.pdf").valid
    told = json.loads((folder / "manifest.json").read_bytes())["stand_ins"]
    assert told == [{"role": "witness", "name": "周七", "instead_of": name, "reason": "left the company"}]


def test_two_witnesses_of_the_plan_both_sign(tmp_path, people):
    third = create("周七", Role.WITNESS, tmp_path / "o.p12", "correct horse 9")
    folder = tmp_path / "case" / "certificate"
    account, terms = ready(sample.clean(2), folder, [*people, third])
    assert refusal(lambda: list(compose(account, folder, people, **terms))) is Fault.OTHER_SIGNER
    list(compose(account, folder, [*people, third], **terms))
    certified(folder, terms["journal"])
    assert verify(folder / "certificate.pdf").valid
    with pikepdf.open(folder / "certificate.pdf") as pdf:
        names = [str(field.T) for field in pdf.Root.AcroForm.Fields]
    assert names == ["officer", "witness", "witness2"]


def test_tokens_sign_the_certificate(tmp_path, tmp_path_factory):
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: no token was tried")
    module = softhsm()
    if module is None:
        pytest.skip("SoftHSM2 is not installed: no token was tried")
    tokens = Tokens(tmp_path_factory.mktemp("softhsm"), module)
    keys = (
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
        ec.generate_private_key(ec.SECP256R1()),
    )
    roles = (Role.OFFICER, "王𬭚"), (Role.WITNESS, "李四鿏")
    # All of them first: a new token is only seen when the library is loaded anew, which logs everybody out.
    places = [
        tokens.put(role.value, key, self_issue(key, name, role))
        for key, (role, name) in zip(keys, roles, strict=True)
    ]
    people = [unlock(place, PIN, role, module=module) for place, (role, _) in zip(places, roles, strict=True)]
    path = make(tmp_path / "a" / "c", people)
    for person in people:
        person.lock()
    assert verify(path).valid, failed(path)
    done = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False)
    assert done.stdout.count("Signature is Valid") == 2


def test_the_register_counts_and_chains(tmp_path, small):
    ledger = tmp_path / LEDGER
    assert next_place(ledger) == Follows(1, "", "")
    assert not entered(ledger, small)
    enter(ledger, Follows(1, "", ""), small, AT)
    enter(ledger, Follows(1, "", ""), small, AT)
    assert entered(ledger, small)
    place = next_place(ledger)
    line = ledger.read_bytes()
    assert line.count(b"\n") == 1
    assert place == Follows(
        2,
        hashlib.sha256((small / "certificate.pdf").read_bytes()).hexdigest(),
        hashlib.sha256(line.rstrip(b"\n")).hexdigest(),
    )


def test_a_register_that_moved_on_refuses(tmp_path, small, issued):
    ledger = tmp_path / LEDGER
    enter(ledger, next_place(ledger), small, AT)
    assert refusal(enter, ledger, Follows(1, "", ""), issued, AT) is Fault.LEDGER_MOVED


def test_the_register_is_never_bent_unseen(tmp_path, small, issued):
    ledger = tmp_path / LEDGER
    for folder in (small, issued):
        enter(ledger, next_place(ledger), folder, AT)
    data = ledger.read_bytes()
    first, second = data.splitlines(keepends=True)
    for bent in (
        second,
        second + first,
        data[:-1],
        data + b"{}\n",
        data.replace(b'"n":1', b'"n":3'),
        b"\n",
        first[:-1],
    ):
        ledger.write_bytes(bent)
        assert refusal(next_place, ledger) is Fault.LEDGER_BROKEN
    for at in range(0, len(first) * 8, 7):
        bent = bytearray(data)
        bent[at // 8] ^= 1 << (at % 8)
        ledger.write_bytes(bent)
        assert refusal(next_place, ledger) is Fault.LEDGER_BROKEN


def test_verify_says_what_the_register_says(stamped, tmp_path):
    ledger = stamped.parents[2] / LEDGER
    data = ledger.read_bytes()
    first, second = data.splitlines(keepends=True)
    try:
        ledger.write_bytes(first)
        assert failed(stamped) == {"register.entry.present"}
        assert verify(stamped).status is Standing.INCOMPLETE
        ledger.write_bytes(second)
        assert failed(stamped) == {"register.chain"}
        ledger.unlink()
        assert verify(stamped).valid
        own = json.loads(second)
        own.update(n=1, prev="")
        from app.domain.canonical import canonical

        ledger.write_bytes(canonical(own) + b"\n")
        assert failed(stamped) == {"register.entry"}
    finally:
        ledger.write_bytes(data)
    assert verify(stamped).valid
