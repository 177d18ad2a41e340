"""People whose certificate an authority issued: the chain, CRLs, OCSP responses, all given as files."""

from datetime import UTC, datetime, timedelta

import pytest
from authority import DAY, Authority, certified, name_of
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity import cms_detached, cms_verify, unlock
from app.identity.certificate import read_holder
from app.identity.chain import Papers, Trust, chain_of, read_papers, trust_of

PASS = "correct horse 5"


@pytest.fixture(scope="module")
def issued(authority):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return authority.issue("赵𬭚", key.public_key())


def der(certificate):
    return certificate.public_bytes(Encoding.DER)


def now():
    return datetime.now(UTC)


def test_the_chain_is_found_in_any_order(authority, issued):
    assert chain_of(der(issued), reversed(authority.chain)) == authority.chain
    assert chain_of(der(authority.root), ()) == ()


@pytest.mark.parametrize("missing", [0, 1])
def test_a_gap_in_the_chain_is_no_chain(authority, issued, missing):
    with pytest.raises(ValueError, match="missing"):
        chain_of(der(issued), [authority.chain[missing]])


def test_another_authority_of_the_same_name_is_none(authority, issued):
    with pytest.raises(ValueError, match="missing"):
        chain_of(der(issued), Authority.make().chain)


def test_an_authority_that_says_a_thing_twice_is_none(authority, issued):
    """The name of one extension turned into that of another, as a single bit may."""
    intermediate, root = authority.chain
    twice = intermediate.replace(bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d0f"))
    with pytest.raises(x509.DuplicateExtension):
        _ = x509.load_der_x509_certificate(twice).extensions
    with pytest.raises(ValueError, match="does not issue"):
        chain_of(der(issued), [twice, root])


def test_who_may_not_issue_does_not(authority):
    """A person's certificate does not make another person's."""
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    person = authority.issue("甲", key.public_key())
    false = certified(name_of("乙"), other.public_key(), person.subject, key, key.public_key())
    with pytest.raises(ValueError, match="does not issue"):
        chain_of(der(false), [der(person), *authority.chain])


def test_a_short_key_does_not_issue():
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    root = certified(name_of("弱"), key.public_key(), name_of("弱"), key, key.public_key(), ca=True)
    own = ec.generate_private_key(ec.SECP256R1())
    person = certified(name_of("甲"), own.public_key(), root.subject, key, key.public_key())
    with pytest.raises(ValueError, match="missing"):
        chain_of(der(person), [der(root)])


def test_every_bit_of_the_chain_counts(authority, issued):
    """Whatever bit is turned in a certificate of the chain, it is no chain, or another certificate."""
    for number, one in enumerate(authority.chain):
        for at in range(0, len(one) * 8, 11):
            bent = bytearray(one)
            bent[at // 8] ^= 1 << (at % 8)
            others = [*authority.chain[:number], bytes(bent), *authority.chain[number + 1 :]]
            try:
                assert chain_of(der(issued), others) != authority.chain
            except ValueError:
                continue


def test_the_role_comes_from_the_case(authority, issued):
    assert read_holder(der(issued), authority.chain, Role.WITNESS).role is Role.WITNESS
    with pytest.raises(LookupError):
        read_holder(der(issued), authority.chain)


def test_a_role_in_the_certificate_is_not_overruled(authority):
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = authority.issue("甲", key.public_key(), unit="officer")
    assert read_holder(der(certificate), authority.chain, Role.WITNESS).role is Role.OFFICER


def test_a_self_issued_one_names_its_role_itself(officer):
    assert read_holder(officer.certificate_der, (), Role.WITNESS).role is Role.OFFICER


@pytest.mark.parametrize("with_chain", [True, False])
def test_a_key_file_of_an_authority_opens(tmp_path, authority, with_chain):
    path = tmp_path / "w.p12"
    authority.person(path, "赵𬭚", PASS, with_chain=with_chain)
    given = Papers() if with_chain else Papers(authority.chain)
    person = unlock(path, PASS, Role.WITNESS, papers=given)
    assert (person.name, person.role, person.papers.chain) == ("赵𬭚", Role.WITNESS, authority.chain)
    person.lock()


def test_without_its_chain_it_does_not(tmp_path, authority):
    authority.person(tmp_path / "w.p12", "赵六", PASS, with_chain=False)
    with pytest.raises(Refused) as refused:
        unlock(tmp_path / "w.p12", PASS, Role.WITNESS)
    assert refused.value.fault is Fault.IDENTITY_UNREADABLE


def test_the_chain_is_in_the_cms(tmp_path, authority, officer):
    authority.person(tmp_path / "w.p12", "赵六", PASS)
    person = unlock(tmp_path / "w.p12", PASS, Role.WITNESS)
    made = cms_detached(b"m", [officer, person])
    known = cms_verify(b"m", made, {person.fingerprint: Role.WITNESS})
    assert [(one.name, one.role, one.valid) for one in known] == [
        ("王𬭚", Role.OFFICER, True),
        ("赵六", Role.WITNESS, True),
    ]
    assert not all(one.valid for one in cms_verify(b"m", made))


def test_a_crl_of_that_time_is_needed(authority, issued):
    chain, good = authority.chain, Papers(authority.chain, authority.crls)
    assert trust_of(der(issued), chain, good, now()) is Trust.GOOD
    assert trust_of(der(issued), chain, Papers(chain), now()) is Trust.UNKNOWN
    assert trust_of(der(issued), chain, Papers(chain, authority.crls[:1]), now()) is Trust.UNKNOWN
    stale = (authority.crl(days=1, since=20 * DAY), authority.crls[1])
    assert trust_of(der(issued), chain, Papers(chain, stale), now()) is Trust.UNKNOWN


def test_revoked_is_seen(authority, issued):
    crls = (authority.crl(issued), authority.crls[1])
    assert trust_of(der(issued), authority.chain, Papers(crls=crls), now()) is Trust.REVOKED
    of_authority = (authority.crls[0], authority.crl(authority.certificate, of_root=True))
    assert trust_of(der(issued), authority.chain, Papers(crls=of_authority), now()) is Trust.REVOKED


def test_a_crl_of_someone_else_says_nothing(authority, issued):
    strange = Authority.make()
    assert trust_of(der(issued), authority.chain, Papers(crls=strange.crls), now()) is Trust.UNKNOWN


def test_before_and_after_its_time_it_does_not_hold(authority, issued):
    papers = Papers(crls=authority.crls)
    for moment in (now() - timedelta(days=100), now() + timedelta(days=400)):
        assert trust_of(der(issued), authority.chain, papers, moment) is Trust.BROKEN


def test_self_issued_has_nobody_to_ask(officer):
    assert trust_of(officer.certificate_der, (), Papers(), now()) is Trust.SELF_ISSUED


def answer(authority, certificate, status):
    moment = now().replace(microsecond=0, tzinfo=None)
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate,
        issuer=authority.certificate,
        algorithm=hashes.SHA1(),
        cert_status=status,
        this_update=moment - DAY,
        next_update=moment + DAY,
        revocation_time=moment - DAY if status is ocsp.OCSPCertStatus.REVOKED else None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, authority.certificate)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_an_ocsp_response_does_too(authority, issued):
    for status, trust in (
        (ocsp.OCSPCertStatus.GOOD, Trust.GOOD),
        (ocsp.OCSPCertStatus.REVOKED, Trust.REVOKED),
    ):
        papers = read_papers([answer(authority, issued, status), authority.crls[1]])
        assert len(papers.ocsps) == 1
        assert trust_of(der(issued), authority.chain, papers, now()) is trust


def test_papers_are_sorted_der_or_pem(authority):
    pem = authority.root.public_bytes(Encoding.PEM) + authority.certificate.public_bytes(Encoding.PEM)
    crl = x509.load_der_x509_crl(authority.crls[0]).public_bytes(Encoding.PEM)
    papers = read_papers([pem, crl, authority.chain[0]])
    assert set(papers.chain) == set(authority.chain)
    assert papers.crls == (x509.load_pem_x509_crl(crl).public_bytes(Encoding.DER),)
    for junk in (b"", b"text", b"-----BEGIN X-----\nAAAA\n-----END X-----\n"):
        with pytest.raises(ValueError):
            read_papers([junk])
