"""A hidden copy of every kind of key, in a zip in a tar, in a restic snapshot and in a borg archive."""

import io
import os
import shutil
import tarfile
import zipfile
from dataclasses import replace

import key_stores as stores
import pytest

from app.domain.event import CopyFound, Settled
from app.domain.outcome import KeyOutcome, Reason
from app.domain.plan import Plan
from app.identity import sign_plan
from app.steps.shred import Grounds, Repository

GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)
FILES = ("rsa", "ssh", "ed25519", "pkcs12", "age")
PASSWORD = "of the backup"


@pytest.fixture
def all_kinds(tmp_path, bench, people, make_key):
    """One key of every kind in one signed plan, and the folder where a copy of each lies."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    paths, digests = [], {}
    for which in stores.STORES:
        folder = tmp_path / which.__name__
        folder.mkdir()
        store = which.make(folder)
        store.hide()
        for copy in store.hidden:
            shutil.move(copy, hidden / f"{which.__name__} {copy.name}")
        paths.append((store.path, store.kind, stores.PASSPHRASE))
        digests[str(store.path)] = stores.described(store)
    for what in FILES:
        folder = tmp_path / what
        folder.mkdir()
        path, kind = make_key(what, "pw" if what == "pkcs12" else "", f"{what}/key")
        shutil.copy(path, hidden / what)
        paths.append((path, kind, "pw"))
    bed = bench(*((path, kind) for path, kind, _ in paths))
    items = tuple(
        replace(item, stamp=key.stamp, sha256=key.sha256) if (key := digests.get(item.path)) else item
        for item in bed.plan.plan.items
    )
    plan = Plan("2026-001", "2026-11-21T20:00:00Z", "cn-1", bed.plan.plan.profile, items)
    bed.plan = sign_plan(plan, people, "2026-11-21T20:00:00Z")
    bed.passphrases = {f"k-{n}": one[2] for n, one in enumerate(paths)}
    return bed, hidden


def in_a_tar(hidden, place):
    place.mkdir()
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(hidden.iterdir()):
            archive.write(path, path.name)
    with tarfile.open(place / "OLD.TAR.GZ", "w:gz") as archive:
        info = tarfile.TarInfo("backup.zip")
        info.size = len(inner.getvalue())
        inner.seek(0)
        archive.addfile(info, inner)
    return Grounds(places=(str(place),), key=b"ids")


def in_restic(hidden, place):
    stores.need("restic")
    environment = os.environ | {"RESTIC_PASSWORD": PASSWORD}
    stores.do("restic", "init", "-r", place, env=environment)
    stores.do("restic", "--no-cache", "-r", place, "backup", hidden, env=environment)
    return Grounds(repositories=(Repository("restic", str(place), PASSWORD),), key=b"ids")


def in_borg(hidden, place):
    stores.need("borg")
    base = place.parent / "borg-base"
    environment = os.environ | {"BORG_PASSPHRASE": PASSWORD, "BORG_BASE_DIR": str(base)}
    stores.do("borg", "init", "-e", "repokey", place, env=environment)
    stores.do("borg", "create", f"{place}::monday", hidden, env=environment)
    return Grounds(repositories=(Repository("borg", str(place), PASSWORD),), key=b"ids")


@pytest.mark.parametrize("hide", [in_a_tar, in_restic, in_borg], ids=lambda one: one.__name__)
def test_a_hidden_copy_lowers_the_verdict_of_every_kind_and_its_place_is_named(
    all_kinds, tmp_path, hide, monkeypatch
):
    bed, hidden = all_kinds
    monkeypatch.setenv("BORG_BASE_DIR", str(tmp_path / "borg-base"))
    place = tmp_path / "place"
    bed.more = {"grounds": hide(hidden, place)}
    shutil.rmtree(hidden)
    events = list(bed.events())
    named = {one: event.copy for event in events if isinstance(event, CopyFound) for one in event.copy.of}
    settled = {event.id: event for event in events if isinstance(event, Settled)}
    assert len(settled) == len(bed.kinds)
    for item, one in settled.items():
        assert one.outcome is KeyOutcome.ACCESS_REMOVED, bed.kinds[item]
        assert Reason.COPIES_REMAIN in one.evidence.limits
        facts = dict(one.evidence.facts)
        assert facts["copies_found"] >= 1
        # The journal has a handle for the place, the register its full name.
        assert named[item].id in facts["copies_at"].split()
        assert named[item].path.startswith(str(place))
        assert str(tmp_path) not in repr(one)
        assert named[item].member


def test_without_the_copy_no_verdict_is_lowered(all_kinds, tmp_path):
    bed, hidden = all_kinds
    shutil.rmtree(hidden)
    place = tmp_path / "place"
    place.mkdir()
    (place / "notes.txt").write_text("nothing of a key here")
    bed.more = {"grounds": Grounds(places=(str(place),))}
    settled = bed.run()
    assert {one.outcome for one in settled.values()} <= set(GOOD)


def test_a_repository_with_a_wrong_password_is_told_and_not_taken_for_empty(bench, make_key, tmp_path):
    (tmp_path / "x").write_bytes(b"x")
    in_restic(tmp_path / "x", tmp_path / "repo")
    bed = bench(make_key("ec"))
    bed.more = {"grounds": Grounds(repositories=(Repository("restic", str(tmp_path / "repo"), "wrong"),))}
    settled = bed.run()["k-0"]
    assert Reason.PLACES_UNSEEN in settled.evidence.limits
    assert dict(settled.evidence.facts)["places_unseen"] == 1


def test_a_copy_that_appears_between_plan_and_shredding_is_found(bench, make_key, tmp_path):
    bed = bench(make_key("rsa"))
    place = tmp_path / "later"
    place.mkdir()
    shutil.copy(bed.plan.plan.items[0].path, place / "NEW.PEM")
    bed.more = {"grounds": Grounds(places=(str(place),))}
    events = list(bed.events())
    (found,) = [event.copy for event in events if isinstance(event, CopyFound)]
    assert found.path == str(place / "NEW.PEM")
    assert found.reasons == (Reason.FOUND_LATE,)
    assert events[-2].outcome is KeyOutcome.ACCESS_REMOVED
