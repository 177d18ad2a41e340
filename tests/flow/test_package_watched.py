"""The package of what the law keeps is looked at while things are destroyed, at each batch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.domain.event import Begun, Event
from app.domain.fault import GateClosed
from app.domain.outcome import KeepOutcome
from app.domain.step import Gate, Step
from app.flow import Flow, work

if TYPE_CHECKING:
    from tests.flow.conftest import Office

Advance = Callable[[Flow, Step], list[Event]]


@pytest.fixture
def package(office: Office) -> Path:
    return office.folder / "out" / "sealed" / "sealed-2026-009.tar.age"


def first_batch(flow: Flow, step: Step = Step.WIPE) -> Iterator[Event]:
    events = flow.begin(step)
    assert any(isinstance(event, Begun) for event in events)
    return events


def refused(events: Iterator[Event]) -> None:
    with pytest.raises(GateClosed) as shut:
        list(events)
    assert shut.value.gate is Gate.NOT_SEALED


def there(office: Office) -> set[str]:
    return {one.name for one in (office.folder / "customers").glob("*.csv")} | {
        one.name for one in office.folder.glob("key.pem")
    }


def gone(package: Path) -> None:
    package.unlink()


def other(package: Path) -> None:
    package.write_bytes(b"other")


def flipped(package: Path) -> None:
    """A bit in place, and the clock of the file set back."""
    seen = package.stat()
    with package.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    os.utime(package, ns=(seen.st_atime_ns, seen.st_mtime_ns))


@pytest.mark.parametrize("lost", [gone, other, flipped])
@pytest.mark.parametrize("step", [Step.SHRED, Step.WIPE])
def test_a_package_that_is_lost_while_a_step_runs_stops_it(
    office: Office, advance: Advance, package: Path, lost: Callable[[Path], None], step: Step
) -> None:
    flow = office.flow()
    advance(flow, list(Step)[step.index - 1])
    before, whole = there(office), package.read_bytes()
    events = first_batch(flow, step)
    lost(package)
    refused(events)
    assert there(office) == before, "nothing went after the package was lost"
    assert not flow.done(step)
    refused(flow.begin(step))
    package.write_bytes(whole)
    advance(flow, Step.CERTIFY)
    assert not there(office)
    assert all(one.outcome is not KeepOutcome.NOT_SEALED for one in flow.results())
    flow.close()


def test_a_package_that_is_only_touched_stops_nothing(
    office: Office, advance: Advance, package: Path
) -> None:
    """Read-only, dated anew, put back as a copy of itself: its bytes count."""
    flow = office.flow()
    advance(flow, Step.SHRED)
    events = first_batch(flow)
    whole = package.read_bytes()
    package.unlink()
    package.write_bytes(whole)
    package.chmod(0o400)
    list(events)
    assert flow.done(Step.WIPE)
    flow.close()


def test_a_package_that_is_lost_with_the_last_batch_is_told_at_once(
    office: Office, advance: Advance, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once more: nothing is left to be kept from harm, so the case goes on and the certificate tells it."""
    flow = office.flow()
    advance(flow, Step.SHRED)

    def lost(*_: object) -> Iterator[Event]:
        """All is overwritten, and what comes after it has not begun."""
        package.unlink(missing_ok=True)
        return iter(())

    monkeypatch.setattr(work, "mend_bags", lost)
    refused(flow.begin(Step.WIPE))
    assert not flow.done(Step.WIPE)
    assert not (office.folder / "customers" / "a.csv").exists()
    advance(flow, Step.CERTIFY)
    assert any(one.outcome is KeepOutcome.NOT_SEALED for one in flow.results())
    flow.close()


def test_each_look_costs_no_more_than_a_stat(
    office: Office, advance: Advance, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.flow import watching

    hashed: list[Path] = []
    digest = watching._digest

    def counted(path: Path) -> str:
        hashed.append(path)
        return digest(path)

    monkeypatch.setattr(watching, "_digest", counted)
    flow = office.flow()
    advance(flow, Step.SHRED)
    hashed.clear()
    batches = sum(isinstance(event, Begun) for event in flow.begin(Step.WIPE))
    assert batches > 1
    assert hashed == [package, package], "at the begin and at the end"
    flow.close()
