"""Repositories are searched once more before certifying, and another one at the place is no proof."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import Backup, HoldRule, KeySource, Match
from app.domain.event import Begun, Event
from app.domain.outcome import CopyOutcome, Outcome, Reason
from app.domain.plan import Subject
from app.domain.step import Step
from app.flow import Flow
from app.steps.certify import Status

Advance = Callable[[Flow, Step], list[Event]]
BUCKET = Backup("s3", Path("bucket"))


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.fixture
def repo(office, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A restic repository that holds other people's data alone."""
    if not shutil.which("restic"):
        pytest.skip("restic is not installed")
    monkeypatch.setenv("PW", "pw")
    monkeypatch.setenv("RESTIC_PASSWORD", "pw")
    monkeypatch.setenv("RESTIC_CACHE_DIR", str(office.folder / "cache"))
    (office.folder / "other").mkdir()
    (office.folder / "other/theirs.csv").write_text("of somebody else", encoding="utf-8")
    made(office.folder / "repo", office.folder / "other")
    return office.folder / "repo"


def made(repo: Path, source: Path) -> None:
    run("restic", "-q", "-r", str(repo), "init")
    backed_up(repo, source)


def backed_up(repo: Path, source: Path) -> None:
    run("restic", "-q", "-r", str(repo), "backup", str(source))


@pytest.fixture
def bucket(s3):
    """A bucket with other people's data."""
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="theirs.csv", Body=b"of somebody else")
    return s3


def opened(office, *backups: Backup) -> Flow:
    case = replace(office.case, backups=(*office.case.backups, *backups))
    return Flow.create(office.folder / "case", case, office.officer)


def limited(office) -> list[list[str]]:
    """The limits of each search that is an exception."""
    manifest = json.loads((office.folder / "out/manifest.json").read_bytes())
    return [one["limits"] for one in manifest["exceptions"] if one["what"] == "search_limited"]


def outcomes(flow: Flow) -> set[object]:
    return {one.outcome for one in flow.results() if one.evidence.method.startswith("repository-")}


@pytest.mark.parametrize("came", [False, True])
def test_a_backup_of_last_night_is_found_before_it_is_certified(
    office, repo: Path, advance: Advance, came: bool
) -> None:
    flow = opened(office, Backup("restic", repo, "PW"))
    advance(flow, Step.CONFIRM)
    assert not [copy for copy in flow.copies() if copy.repository]
    if came:
        backed_up(repo, office.folder / "customers")
    advance(flow, Step.CERTIFY)
    assert flow.status is (Status.WITH_EXCEPTIONS if came else Status.ALL_DESTROYED)
    assert limited(office) == ([[Reason.FOUND_LATE.value]] if came else [])
    flow.close()


def test_what_was_put_into_a_bucket_is_found_before_it_is_certified(office, bucket, advance: Advance) -> None:
    flow = opened(office, BUCKET)
    advance(flow, Step.CONFIRM)
    data = (office.folder / "customers/a.csv").read_bytes()
    bucket.put_object(Bucket="bucket", Key="nightly.csv", Body=data)
    advance(flow, Step.CERTIFY)
    assert (flow.status, limited(office)) == (Status.WITH_EXCEPTIONS, [[Reason.FOUND_LATE.value]])
    flow.close()


def test_a_store_that_can_not_be_reached_at_the_end_is_an_exception(
    office, bucket, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put_object(Bucket="bucket", Key="a.csv", Body=(office.folder / "customers/a.csv").read_bytes())
    flow = opened(office, BUCKET)
    advance(flow, Step.WIPE)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    advance(flow, Step.CERTIFY)
    assert outcomes(flow) == {CopyOutcome.EXPUNGED}
    assert flow.status is Status.WITH_EXCEPTIONS
    assert [one[-1] for one in limited(office)] == [Reason.NOT_SEARCHED_AGAIN.value]
    flow.close()


def test_a_bucket_of_that_name_elsewhere_is_another_one(
    office, bucket, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from servers import aws

    flow = opened(office, BUCKET)
    advance(flow, Step.WIPE)
    with aws() as other:
        monkeypatch.setenv("AWS_ENDPOINT_URL", other)
        advance(flow, Step.CERTIFY)
    assert limited(office) == [[Reason.OTHER_REPOSITORY.value, Reason.NOT_SEARCHED_AGAIN.value]]
    assert flow.status is Status.WITH_EXCEPTIONS
    flow.close()


@pytest.mark.parametrize("stopped", [True, False])
def test_another_repository_at_the_place_is_no_absence(
    office, repo: Path, advance: Advance, stopped: bool
) -> None:
    """Laid there after a stop of the act, or after the act."""
    backed_up(repo, office.folder / "customers")
    flow = opened(office, Backup("restic", repo, "PW"))
    advance(flow, Step.SHRED)
    if stopped:
        work = flow.begin(Step.WIPE)
        next(event for event in work if isinstance(event, Begun))
        work.close()
    else:
        advance(flow, Step.WIPE)
    flow.close()
    repo.rename(office.folder / "drawer")
    made(repo, office.folder / "other")
    flow = Flow.open(office.folder / "case", office.officer)
    advance(flow, Step.CERTIFY)
    assert outcomes(flow) == {Outcome.FAILED if stopped else CopyOutcome.EXPUNGED}
    assert limited(office) == [[Reason.OTHER_REPOSITORY.value, Reason.NOT_SEARCHED_AGAIN.value]]
    assert flow.status is Status.WITH_EXCEPTIONS
    flow.close()
    names = run("restic", "-r", str(office.folder / "drawer"), "ls", "--recursive", "latest", "/")
    assert ("a.csv" in names) is stopped


def test_a_repository_whose_key_stays_and_that_does_not_open_any_more_is_an_exception(
    office, repo: Path, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hold keeps its key: that it is locked now is nobody's doing here."""
    (name,) = (repo / "keys").iterdir()
    hold = HoldRule(Match(path=str(name)), "complaint")
    case = replace(
        office.case,
        backups=(*office.case.backups, Backup("restic", repo, "PW")),
        keys=(KeySource("restic", name, "PW"),),
        holds=(*office.case.holds, hold),
    )
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.WIPE)
    (key,) = [one for one in flow.plan().items if one.subject is Subject.KEY]
    assert not key.fate.destroys
    monkeypatch.setenv("PW", "another one")
    advance(flow, Step.CERTIFY)
    assert limited(office) == [[Reason.WRONG_PASSPHRASE.value, Reason.NOT_SEARCHED_AGAIN.value]]
    assert flow.status is Status.WITH_EXCEPTIONS
    flow.close()
