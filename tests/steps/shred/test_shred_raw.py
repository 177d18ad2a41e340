"""Raw images of ext4, XFS and btrfs, searched for the old key after each kind was shredded there."""

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import replace

import key_stores as stores
import pytest

from app.domain.outcome import KeyOutcome, Reason
from app.domain.plan import Plan
from app.identity import sign_plan
from app.steps.shred.surface import MEDIUM

MIB = 1 << 20
SYSTEMS = {
    "ext4": (["mkfs.ext4", "-q"], 256),
    "xfs": (["mkfs.xfs", "-q"], 384),
    "btrfs": (["mkfs.btrfs", "-q"], 384),
}
FILES = ("rsa", "age", "pkcs12")


@contextmanager
def mounted(folder, system):
    command, size = SYSTEMS[system]
    if os.geteuid() or not shutil.which(command[0]):
        pytest.skip(f"needs root and {command[0]}")
    image, place = folder / "image", folder / "m"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(size * MIB)
    subprocess.run([*command, image], check=True, capture_output=True)
    if not stores.works("mount", "-o", "loop", image, place):
        pytest.skip(f"can't mount {system} here")
    try:
        yield image, place
    finally:
        # A loop device of a container in it goes a moment later than it was told to.
        for _ in range(50):
            if stores.works("umount", place):
                break
            time.sleep(0.1)
        else:
            subprocess.run(["umount", place], check=True)


def needles_in(body):
    """Runs of 24 bytes from the whole of what is destroyed; no padding, and no words of the format."""
    runs = (body[at : at + 24] for at in range(0, len(body) - 24, 24))
    good = [run for run in runs if len(set(run)) > 8 and not set(b"():{} ") & set(run)]
    return good[:: max(1, len(good) // 400)]


def what_goes(bed, path):
    """The bytes of a key file that its kind destroys."""
    from app.steps.shred.kinds import kind_of, spans_of
    from app.steps.shred.kinds.contract import Store

    body = path.read_bytes()
    store = Store(len(body), lambda offset, length: body[offset : offset + length], str(path))
    return b"".join(body[span.start : span.stop] for span in spans_of(kind_of(bed), store))


def left_of(image, bodies):
    """Of each key, how many runs the image still holds."""
    from app.steps.shred.needles import Sieve

    sieve = Sieve(
        {
            f"{item} {n}": frozenset([one])
            for item, body in bodies.items()
            for n, one in enumerate(needles_in(body))
        }
    )
    found = {}
    with image.open("rb") as file:
        last = b""
        while part := file.read(MIB):
            for owner in sieve._hits(last + part):
                for name in sieve._owners[owner]:
                    found.setdefault(name.split()[0], set()).add(name)
            last = part[-64:]
    return {item: len(names) for item, names in found.items()}


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """One key file of every kind, made by its own tool once: file system by file system a copy of it goes."""
    made = []
    for which in stores.STORES:
        folder = tmp_path_factory.mktemp("of")
        store = which.make(folder)
        made.append((store.path, store.kind))
    return made


def every_kind(place, originals, make_key):
    made = []
    for number, (original, kind) in enumerate(originals):
        folder = place / str(number)
        folder.mkdir()
        path = folder / original.name
        shutil.copyfile(original, path)
        made.append((path, kind, stores.PASSPHRASE, stores.described(stores.KeyStore(kind, path))))
    for what in FILES:
        source, kind = make_key(what, "pw" if what == "pkcs12" else "")
        path = place / f"{what}.key"
        shutil.copy(source, path)
        source.unlink()
        made.append((path, kind, "pw", None))
    return made


@pytest.mark.parametrize("system", SYSTEMS)
def test_nothing_of_any_key_is_left_or_the_verdict_says_which_medium_kept_it(
    tmp_path, system, bench, make_key, people, originals
):
    with mounted(tmp_path, system) as (image, place):
        made = every_kind(place, originals, make_key)
        bed = bench(*((path, kind) for path, kind, _, _ in made))
        items = tuple(
            replace(item, stamp=told[3].stamp, sha256=told[3].sha256) if told[3] else item
            for item, told in zip(bed.plan.plan.items, made, strict=True)
        )
        plan = Plan("2026-001", "2026-11-21T20:00:00Z", "cn-1", bed.plan.plan.profile, items)
        bed.plan = sign_plan(plan, people, "2026-11-21T20:00:00Z")
        bed.passphrases = {f"k-{n}": one[2] for n, one in enumerate(made)}
        bodies = {f"k-{n}": what_goes(kind, path) for n, (path, kind, _, _) in enumerate(made)}
        subprocess.run(["sync", "-f", place], check=True)
        before = left_of(image, bodies)
        settled = bed.run()
        subprocess.run(["sync", "-f", place], check=True)
        left = left_of(image, bodies)
    assert set(before) == set(bodies), "the search itself must find what is there"
    assert len(settled) == len(bodies)
    for item, one in settled.items():
        said = MEDIUM.intersection(one.evidence.limits)
        kept = left.get(item, 0)
        assert not kept or (said and one.outcome is not KeyOutcome.KEY_DESTROYED_HERE), (
            bed.kinds[item],
            kept,
            one,
        )
        if system == "btrfs":
            assert {Reason.COPY_ON_WRITE, Reason.INLINE} & said
    if system != "btrfs":
        assert left == {}, {bed.kinds[item]: count for item, count in left.items()}
