"""To whom a package is sealed, with which keys it is restored, and what the evidence says of them."""

from dataclasses import replace

import pyrage
import pytest
from sealed_archive import kept_of, person, run, settled

from app.domain.case import Custodian
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeepOutcome, Reason
from app.steps.confirm import verify_sealed
from app.steps.confirm.envelope import keyholders


def test_one_key_alone_is_told(archive, tmp_path):
    _, records = archive
    one = person(tmp_path)
    end = settled(run(kept_of(records), [one, one], tmp_path / "out"))[records[0].id]
    # the same key under two names is one key
    assert end.evidence.limits == (Reason.ONE_RECIPIENT,)


def test_without_the_custodians_key_the_evidence_says_so(archive, tmp_path):
    _, records = archive
    custodian = person(tmp_path)
    events = run(kept_of(records), [Custodian("x", custodian.recipient)], tmp_path / "out")
    end = settled(events)[records[0].id]
    assert end.outcome is KeepOutcome.SEALED
    assert end.evidence.limits == (Reason.NO_CUSTODIAN_KEY, Reason.ONE_RECIPIENT)
    assert dict(end.evidence.facts)["restored_with"] == "one_time"
    assert dict(end.evidence.facts)["recipients"] == 2
    # the custodian's own key opens it all the same
    assert all(
        c.ok for c in verify_sealed(tmp_path / "out/sealed-2026-001.tar.age", custodian.identity.read_text())
    )


def test_two_custodians_each_open_it(archive, tmp_path):
    _, records = archive
    both = [person(tmp_path, "one"), person(tmp_path, "two")]
    end = settled(run(kept_of(records), both, tmp_path / "out"))[records[0].id]
    assert end.evidence.limits == ()
    assert dict(end.evidence.facts)["restores"] == 2
    for custodian in both:
        checks = verify_sealed(tmp_path / "out/sealed-2026-001.tar.age", custodian.identity.read_text())
        assert all(check.ok for check in checks)


def test_no_custodian_makes_a_key_and_uses_it_again(archive, tmp_path):
    _, records = archive
    folder = tmp_path / "out"
    end = settled(run(kept_of(records), [], folder))[records[0].id]
    assert end.evidence.limits == (Reason.CUSTODIAN_KEY_MADE_HERE, Reason.ONE_RECIPIENT)
    assert dict(end.evidence.facts)["restored_with"] == "made_here"
    made = folder / "custodian-key.txt"
    assert made.stat().st_mode & 0o777 == 0o600
    text = made.read_text()
    run(kept_of(records), [], folder)
    assert made.read_text() == text
    assert all(check.ok for check in verify_sealed(folder / "sealed-2026-001.tar.age", text))


def test_a_custodian_of_whom_only_the_name_or_the_key_file_is_known(archive, tmp_path):
    _, records = archive
    whole = person(tmp_path)
    end = settled(run(kept_of(records), [Custodian("k", "", whole.identity)], tmp_path / "out"))["r-0000"]
    assert (dict(end.evidence.facts)["restored_with"], end.evidence.limits) == (
        "custodian",
        (Reason.ONE_RECIPIENT,),
    )
    assert not (tmp_path / "out/custodian-key.txt").exists()
    three = [
        whole,
        Custodian("name only"),
        Custodian("r", str(pyrage.x25519.Identity.generate().to_public())),
    ]
    end = settled(run(kept_of(records), three, tmp_path / "out"))["r-0000"]
    assert dict(end.evidence.facts)["recipients"] == 3
    assert dict(end.evidence.facts)["restored_with"] == "custodian"
    assert end.evidence.limits == (Reason.NO_CUSTODIAN_KEY, Reason.CUSTODIAN_KEY_MADE_HERE)
    for secret in (whole.identity, tmp_path / "out/custodian-key.txt"):
        assert all(c.ok for c in verify_sealed(tmp_path / "out/sealed-2026-001.tar.age", secret.read_text()))


def test_a_custodians_file_that_does_not_fit_is_not_sealed(archive, tmp_path):
    """Nor is it when the other custodian's key, which does open the package, is the one in the file."""
    _, records = archive
    one, other = person(tmp_path, "one"), person(tmp_path, "other")
    for custodians in (
        [Custodian("x", one.recipient, other.identity)],
        [other, Custodian("x", one.recipient, other.identity)],
    ):
        with pytest.raises(Refused) as refused:
            run(kept_of(records), custodians, tmp_path / "out")
        assert refused.value.fault is Fault.IDENTITY_OF_ANOTHER
        assert (refused.value.subject, refused.value.detail) == (str(other.identity), one.recipient)
        assert list((tmp_path / "out").iterdir()) == []


def test_each_restore_is_with_the_one_key_of_its_recipient(archive, tmp_path):
    _, records = archive
    one, other = person(tmp_path, "one"), person(tmp_path, "other")
    ring = tmp_path / "ring.txt"
    ring.write_text(other.identity.read_text() + one.identity.read_text())
    away = str(pyrage.x25519.Identity.generate().to_public())
    custodians = [Custodian("x", one.recipient, ring), Custodian("y", away)]
    holders = keyholders(custodians, tmp_path)
    assert [[str(key.to_public()) for key in keys] for keys in holders.trials] == [[one.recipient]]
    assert holders.untried == (away,)
    end = settled(run(kept_of(records), custodians, tmp_path / "out"))["r-0000"]
    assert end.evidence.limits == (Reason.NO_CUSTODIAN_KEY,)
    facts = dict(end.evidence.facts)
    assert facts["not_restored_with"] in facts["sealed_to"].split()
    assert (facts["restores"], facts["recipients"]) == (1, 2)


@pytest.mark.parametrize("names", [("档案馆", "档案馆"), ("Lex LLP", "ｌｅｘ\u200b llp")])
def test_two_keys_of_one_name_are_one_persons(archive, tmp_path, names):
    _, records = archive
    both = [replace(person(tmp_path, f"k{n}"), name=name) for n, name in enumerate(names)]
    end = settled(run(kept_of(records), both, tmp_path / "out"))["r-0000"]
    assert end.evidence.limits == (Reason.ONE_RECIPIENT,)


def test_a_key_made_here_is_no_second_one(archive, tmp_path):
    _, records = archive
    end = settled(run(kept_of(records), [person(tmp_path), Custodian("name only")], tmp_path / "out"))[
        "r-0000"
    ]
    assert set(end.evidence.limits) == {Reason.CUSTODIAN_KEY_MADE_HERE, Reason.ONE_RECIPIENT}


def test_wrong_keys_of_the_case_file_are_refused_by_name(archive, tmp_path):
    _, records = archive
    with pytest.raises(Refused) as refused:
        run(kept_of(records), [Custodian("x", "age1nonsense")], tmp_path / "out")
    assert (refused.value.fault, refused.value.subject) == (Fault.CASE_FILE_WRONG_VALUE, "age1nonsense")
    for content in ("nothing", ""):
        (tmp_path / "bad.txt").write_text(content)
        with pytest.raises(Refused) as refused:
            run(kept_of(records), [Custodian("x", "", tmp_path / "bad.txt")], tmp_path / "out")
        assert refused.value.fault is Fault.IDENTITY_UNREADABLE
