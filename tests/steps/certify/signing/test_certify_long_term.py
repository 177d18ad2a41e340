"""B-LT in a stranger's own words: pyHanko's validation by ETSI EN 319 102-1, with the root and nothing else."""

import asyncio
import hashlib
import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import account_sample as sample
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "identity"))

from asn1crypto.crl import CertificateList
from asn1crypto.x509 import Certificate
from authority import Authority
from certify_issued import certified, ready
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.ades import ades_with_time_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer
from time_service import answered, furnish, serving

from app.domain.case import Role
from app.identity import unlock
from app.identity.chain import Papers
from app.steps.certify import Issuing, compose, verify


@pytest.fixture(scope="module")
def authority():
    return Authority.make()


def composed(folder, authority, crls, url):
    """A certificate that three people of the authority signed; what others issued is in it if they gave it."""
    people = []
    for name, role in (("赵𬭚", Role.OFFICER), ("钱七", Role.WITNESS), ("孙八", Role.APPROVER)):
        path = folder / f"{role.value}.p12"
        path.parent.mkdir(parents=True, exist_ok=True)
        authority.person(path, name, "correct horse 7")
        people.append(unlock(path, "correct horse 7", role, papers=Papers((), crls)))
    account, terms = ready(sample.clean(2), folder / "case" / "certificate", people)
    issuing = Issuing(None, (), url, Papers((), crls))
    list(compose(account, folder / "case" / "certificate", people, **terms, issuing=issuing))
    certified(folder / "case" / "certificate", terms["journal"])
    return folder / "case" / "certificate" / "certificate.pdf"


@pytest.fixture(scope="module")
def long_term(tmp_path_factory, authority):
    base = tmp_path_factory.mktemp("long term")
    clockwork = furnish(base / "tsa", authority)
    with serving(lambda query: answered(clockwork, query)) as (url, _):
        return composed(base, authority, authority.crls, url)


def judged(path, field, root, at=None):
    """pyHanko's verdict over one signature: offline, this one root trusted, revocation data required.

    Of those it gets what the document holds and nothing else.
    """
    trust = SimpleTrustManager.build(trust_roots=[CertTrustAnchor(Certificate.load(root))])
    policy = CertValidationPolicySpec(trust, CertRevTrustPolicy(REQUIRE_REVINFO))
    offline = RevocationInfoGatheringSpec(
        RevinfoOnlineFetchingRule.LOCAL_ONLY, certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH
    )
    reader = PdfFileReader(io.BytesIO(path.read_bytes()))
    store = DocumentSecurityStore.read_dss(reader)
    lists = [CertificateList.load(one.get_object().data) for one in store.crls]
    held = LocalKnowledge(
        known_certs=list(store.load_certs()), known_crls=[CRLContainer(one) for one in lists]
    )
    spec = SignatureValidationSpec(policy, offline, local_knowledge=held)
    one = next(one for one in reader.embedded_signatures if one.field_name == field)
    now = at or datetime.now(UTC)
    timing = ValidationTimingInfo(
        validation_time=now, best_signature_time=now, point_in_time_validation=False
    )
    done = ades_with_time_validation(
        one.signed_data, spec, timing_info=timing, raw_digest=one.compute_digest()
    )
    return asyncio.run(done).ades_subindic


@pytest.mark.parametrize("field", ["officer", "witness", "approver"])
def test_each_signature_is_valid_by_what_the_document_holds(long_term, authority, field):
    assert str(judged(long_term, field, authority.chain[1])) == "AdESPassed.OK"
    assert verify(long_term).valid


def test_after_the_lists_have_run_out_it_would_need_a_stamp_over_all(long_term, authority):
    """What B-LT is not: B-LTA. pyHanko finds no fault, and no proof that the lists existed in time."""
    later = datetime.now(UTC) + timedelta(days=900)
    assert str(judged(long_term, "witness", authority.chain[1], later)).startswith("AdESIndeterminate.")


def test_without_the_revocation_data_it_is_not(tmp_path, authority):
    clockwork = furnish(tmp_path / "tsa", authority)
    with serving(lambda query: answered(clockwork, query)) as (url, _):
        path = composed(tmp_path, authority, (), url)
    assert "AdESPassed" not in str(judged(path, "witness", authority.chain[1]))


def test_another_root_is_not_trusted(long_term):
    other = Authority.make().chain[1]
    assert "AdESPassed" not in str(judged(long_term, "witness", other))


def test_every_certificate_and_revocation_list_is_in_the_store(long_term, authority):
    store = DocumentSecurityStore.read_dss(PdfFileReader(io.BytesIO(long_term.read_bytes())))
    held = {hashlib.sha256(one.dump()).digest() for one in store.load_certs()}
    assert {hashlib.sha256(one).digest() for one in authority.chain} <= held
    assert len(store.crls) == 2
