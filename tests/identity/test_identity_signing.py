"""Only two different people make a SignedPlan, and nothing of it can be changed."""

import copy
import dataclasses
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.case import Profile, Role
from app.domain.fate import Fate, Ground
from app.domain.fault import Fault, Refused
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Rows, Stamp, Tier
from app.domain.wiping import Method, Wiping
from app.identity import Signature, SignedPlan, create, sign_plan, unlock

AT = "2026-11-21T20:00:00+08:00"


def refusal(call, *args):
    with pytest.raises(Refused) as caught:
        call(*args)
    return caught.value.fault


@pytest.fixture(scope="module")
def signed(plan, officer, witness):
    return sign_plan(plan, [officer, witness], AT)


def test_two_people_make_a_signed_plan(signed, plan):
    assert signed.plan is plan
    assert signed.digest == plan.digest()
    assert [one.role for one in signed.signatures] == ["officer", "witness"]
    signed.verify()


def test_an_approver_may_sign_too(plan, officer, witness, approver):
    assert len(sign_plan(plan, [approver, officer, witness], AT).signatures) == 3


def test_both_must_be_there(plan, officer, witness, approver):
    assert refusal(sign_plan, plan, [officer], AT) is Fault.PERSON_MISSING
    assert refusal(sign_plan, plan, [witness, approver], AT) is Fault.PERSON_MISSING
    assert refusal(sign_plan, plan, [], AT) is Fault.PERSON_MISSING


@pytest.mark.parametrize("name", ["王𬭚", "王 𬭚", "王\u3000𬭚"])
def test_the_officer_is_not_the_witness_by_name(plan, officer, tmp_path, name):
    same = create(name, Role.WITNESS, tmp_path / "w.p12", "pw")
    assert refusal(sign_plan, plan, [officer, same], AT) is Fault.OFFICER_IS_WITNESS


def test_the_officer_is_not_the_witness_by_key(plan, officer):
    from cryptography.hazmat.primitives.serialization import Encoding

    from app.identity.certificate import read_holder, self_issue
    from app.identity.chain import Papers
    from app.identity.keyfile import unpack
    from app.identity.keys import KeyInMemory
    from app.identity.person import Identity

    key, _, _ = unpack(officer.path.read_bytes(), "经办 😀", "")
    der = self_issue(key, "另一人", Role.WITNESS).public_bytes(Encoding.DER)
    twin = Identity(officer.path, KeyInMemory(key), der, read_holder(der), Papers())
    assert refusal(sign_plan, plan, [officer, twin], AT) is Fault.OFFICER_IS_WITNESS


def test_a_locked_person_does_not_sign(plan, officer, witness):
    locked = unlock(witness.path, "witness")
    locked.lock()
    assert refusal(sign_plan, plan, [officer, locked], AT) is Fault.PASSPHRASE_MISSING


@pytest.mark.parametrize("at", ["", "today", "2026-11-21T20:00:00"])
def test_the_time_has_an_offset(plan, officer, witness, at):
    assert refusal(sign_plan, plan, [officer, witness], at) is Fault.SIGNATURE_INVALID


OTHER = {
    str: st.text(max_size=8),
    int: st.integers(0, 2**62),
    bytes: st.binary(max_size=80),
    Fate: st.sampled_from(Fate),
    Ground: st.sampled_from(Ground),
    Tier: st.sampled_from(Tier),
    Subject: st.sampled_from(Subject),
    Profile: st.sampled_from(Profile),
    Stamp: st.builds(Stamp, *[st.integers(0, 2**62)] * 6),
    Wiping: st.builds(Wiping, st.just(Method.ZEROS), names=st.booleans()),
    tuple: st.just(()),
    type(None): st.builds(Rows, st.just("ab" * 32), st.integers(1, 9), st.just(9), st.just("cd" * 32)),
}


def changed(noun, data):
    """The noun with one field changed to another value of its type, or None where there is no other."""
    field = data.draw(st.sampled_from(dataclasses.fields(noun)))
    old = getattr(noun, field.name)
    new = data.draw(OTHER[type(old)].filter(lambda value: value != old))
    return dataclasses.replace(noun, **{field.name: new})


@settings(max_examples=200)
@given(data=st.data())
def test_any_change_of_an_item_is_refused(signed, data):
    items = list(signed.plan.items)
    place = data.draw(st.integers(0, len(items) - 1))
    try:
        items[place] = changed(items[place], data)
        plan = dataclasses.replace(signed.plan, items=tuple(items))
    except Refused:
        return  # such a plan can't even be made
    assert refusal(SignedPlan, plan, signed.signatures) is Fault.SIGNATURE_INVALID


@settings(max_examples=60)
@given(data=st.data())
def test_any_change_of_the_plan_is_refused(signed, data):
    assert refusal(SignedPlan, changed(signed.plan, data), signed.signatures) is Fault.SIGNATURE_INVALID


@settings(max_examples=200)
@given(data=st.data())
def test_any_change_of_a_signature_is_refused(signed, data):
    signatures = list(signed.signatures)
    place = data.draw(st.integers(0, 1))
    signatures[place] = changed(signatures[place], data)
    assert refusal(SignedPlan, signed.plan, signatures) is Fault.SIGNATURE_INVALID


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
@pytest.mark.parametrize("name", ["certificate", "value"])
def test_every_flipped_bit_of_certificate_or_value_is_refused(signed, name):
    first, second = signed.signatures
    octets = getattr(first, name)
    for bit in range(len(octets) * 8):
        flipped = bytearray(octets)
        flipped[bit // 8] ^= 1 << bit % 8
        forged = dataclasses.replace(first, **{name: bytes(flipped)})
        assert refusal(SignedPlan, signed.plan, (forged, second)) is Fault.SIGNATURE_INVALID


def test_signatures_of_another_plan_or_case_do_not_fit(signed, plan, officer, witness):
    other = sign_plan(dataclasses.replace(plan, case="2026-002"), [officer, witness], AT)
    assert refusal(SignedPlan, plan, other.signatures) is Fault.SIGNATURE_INVALID


def test_a_signature_is_not_lent_to_another_role(signed):
    first, second = signed.signatures
    lent = dataclasses.replace(second, role="officer")
    assert refusal(SignedPlan, signed.plan, (first, lent)) is Fault.SIGNATURE_INVALID


@pytest.mark.parametrize("claim", [{"role": "witness"}, {"name": "李四"}])
def test_nobody_signs_as_someone_else(signed, plan, officer, claim):
    """Not even with a signature that fits the claim: the certificate says who they are."""
    from app.identity.signing import PlanDigest, _statement

    posing = dataclasses.replace(signed.signatures[0], **claim)
    value = officer.sign(_statement(PlanDigest(plan.case, plan.digest()), posing, officer.fingerprint))
    posing = dataclasses.replace(posing, value=value)
    assert refusal(SignedPlan, plan, (*signed.signatures, posing)) is Fault.SIGNATURE_INVALID


def test_it_can_not_be_changed(signed):
    for name in ("plan", "signatures", "digest"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(signed, name, None)
    with pytest.raises((AttributeError, TypeError)):
        signed.extra = 1


def test_it_has_no_subclasses():
    with pytest.raises(TypeError):
        type("Fake", (SignedPlan,), {})


def test_copies_and_pickles_are_checked(signed):
    for twin in (copy.copy(signed), copy.deepcopy(signed), pickle.loads(pickle.dumps(signed))):
        assert twin == signed
    forged = pickle.dumps(signed).replace(
        b"/\xe8\xb5\x84\xe6\x96\x99/1.csv", b"/\xe8\xb5\x84\xe6\x96\x99/9.csv"
    )
    assert forged != pickle.dumps(signed)
    assert refusal(pickle.loads, forged) is Fault.SIGNATURE_INVALID
    assert refusal(lambda: dataclasses.replace(signed, signatures=())) is Fault.PERSON_MISSING


def test_one_made_behind_the_constructor_is_empty_and_found(signed, plan):
    hollow = object.__new__(SignedPlan)
    with pytest.raises(AttributeError):
        _ = hollow.plan
    assert refusal(hollow.verify) is Fault.SIGNATURE_INVALID
    for name, value in (("plan", plan), ("signatures", ()), ("planned", ""), ("digest", plan.digest())):
        object.__setattr__(hollow, name, value)
    assert refusal(hollow.verify) is Fault.PERSON_MISSING
    object.__setattr__(hollow, "signatures", signed.signatures)
    object.__setattr__(hollow, "digest", "00")
    assert refusal(hollow.verify) is Fault.PLAN_CHANGED


def test_plans_that_could_change_later_are_refused(signed, plan):
    loose = Plan(plan.case, plan.made_at, plan.pack, plan.profile, list(plan.items))

    class Item(PlanItem):
        __slots__ = ()

    class Wide(Plan):
        __slots__ = ()

    item = Item(**{f.name: getattr(plan.items[0], f.name) for f in dataclasses.fields(PlanItem)})
    odd = dataclasses.replace(plan, items=(item, *plan.items[1:]))
    wide = Wide(plan.case, plan.made_at, plan.pack, plan.profile, plan.items)
    for bad in (loose, odd, wide):
        assert refusal(SignedPlan, bad, signed.signatures) is Fault.SIGNATURE_INVALID
    assert refusal(SignedPlan, plan, ("x",)) is Fault.SIGNATURE_INVALID


def test_signatures_travel_as_json(signed):
    for one in signed.signatures:
        assert Signature.from_plain(one.plain()) == one
    plain = signed.signatures[0].plain()
    for bad in ({}, plain | {"more": ""}, plain | {"value": "xx"}, plain | {"at": 5}):
        assert refusal(Signature.from_plain, bad) is Fault.SIGNATURE_INVALID


def test_the_root_is_signed_with_the_digest(plan, officer, witness):
    """A stranger with the signatures alone sees which root was signed, and no other passes for it."""
    from app.identity import PlanDigest, refuse_unsigned

    people = [officer, witness]
    root = "ab" * 32
    signed = sign_plan(plan, people, AT, root)
    signed.verify()
    refuse_unsigned(PlanDigest(plan.case, plan.digest(), root), signed.signatures)
    for other in ("", "ac" * 32):
        assert refusal(SignedPlan, plan, signed.signatures, other) is Fault.SIGNATURE_INVALID
        on = PlanDigest(plan.case, plan.digest(), other)
        assert refusal(refuse_unsigned, on, signed.signatures) is Fault.SIGNATURE_INVALID
    assert refusal(refuse_unsigned, PlanDigest("another", plan.digest(), root), signed.signatures)
    assert refusal(refuse_unsigned, PlanDigest(plan.case, plan.digest(), root), signed.signatures[:1])
    object.__setattr__(signed, "planned", "")
    assert refusal(signed.verify) is Fault.SIGNATURE_INVALID
