"""What the enums say of themselves, what refusals carry, and that nouns stay as they were made."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from dataclasses import FrozenInstanceError, is_dataclass

import pytest

import app.domain
from app.domain.copies import Disposal, Searched
from app.domain.event import Begun, Event
from app.domain.fate import Fate
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.outcome import AnyOutcome, CopyOutcome, KeepOutcome, KeyOutcome, Outcome, Reason
from app.domain.record import Tier
from app.domain.step import Gate, Step

MODULES = [importlib.import_module(m.name) for m in pkgutil.iter_modules(app.domain.__path__, "app.domain.")]


def test_which_fates_destroy():
    assert {fate for fate in Fate if fate.destroys} == {Fate.WIPE, Fate.SHRED, Fate.EXPUNGE, Fate.TRASH}


def test_tiers_rank_from_general_to_core():
    assert [Tier.GENERAL.rank, Tier.SENSITIVE.rank, Tier.CORE.rank] == [0, 1, 2]


def test_steps_stand_in_order_and_two_destroy():
    names = ["company", "locate", "decide", "confirm", "sign", "shred", "wipe", "certify"]
    assert [step.value for step in sorted(Step, key=lambda step: step.index)] == names
    assert {step for step in Step if step.destroys} == {Step.SHRED, Step.WIPE}


def test_which_outcomes_are_good():
    good = {
        outcome for cls in (Outcome, KeyOutcome, KeepOutcome, CopyOutcome) for outcome in cls if outcome.good
    }
    assert good == {
        Outcome.PROVEN,
        Outcome.OVERWRITTEN,
        Outcome.KEY_DESTROYED,
        KeyOutcome.CE_PURGE,
        KeyOutcome.KEY_DESTROYED_HERE,
        KeepOutcome.SEALED,
        KeepOutcome.FROZEN,
        KeepOutcome.LEFT,
        CopyOutcome.EXPUNGED,
        CopyOutcome.KEY_SHREDDED,
        CopyOutcome.ABSENT,
    }
    assert {Outcome, KeyOutcome, KeepOutcome, CopyOutcome} == set(AnyOutcome.__args__)


def test_what_has_a_date():
    dated = {one.value for kind in (Disposal, CopyOutcome) for one in kind if one.dated}
    assert dated == {"expires", "locked"}
    declared = {one for one in Disposal if one.declared}
    assert declared == {Disposal.MEDIUM, Disposal.EXPIRES, Disposal.LOCKED, Disposal.UNREACHABLE}


def test_more_of_a_search_adds_up_and_says_each_limit_once():
    one = Searched("b", 1, 2, 3, (Reason.OPAQUE,), "check", None, 4)
    both = one.and_more(Searched("b", 10, 20, 30, (Reason.OPAQUE, Reason.FOUND_LATE), unopened=40))
    assert both == Searched("b", 11, 22, 33, (Reason.OPAQUE, Reason.FOUND_LATE), "check", None, 44)


def test_a_refusal_carries_what_it_is_about():
    refused = Refused(Fault.CASE_FILE_UNKNOWN_KEY, "case.toml", "colour", 7)
    assert (refused.fault, refused.subject, refused.detail, refused.line) == (
        Fault.CASE_FILE_UNKNOWN_KEY,
        "case.toml",
        "colour",
        7,
    )
    assert str(refused) == "('case_file_unknown_key', 'case.toml', 'colour', 7)"
    assert (Refused(Fault.DISK_FULL).subject, Refused(Fault.DISK_FULL).line) == ("", 0)


def test_a_closed_gate_carries_the_step_and_the_count():
    closed = GateClosed(Step.WIPE, Gate.NOT_SEALED, 3)
    assert (closed.step, closed.gate, closed.count) == (Step.WIPE, Gate.NOT_SEALED, 3)
    assert str(closed) == "('wipe', 'not_sealed', 3)"
    assert GateClosed(Step.WIPE, Gate.CLOSED).count == 0


def test_every_noun_is_frozen_and_slotted():
    nouns = [
        cls
        for module in MODULES
        for _, cls in inspect.getmembers(module, is_dataclass)
        if cls.__module__ == module.__name__
    ]
    assert len(nouns) >= 20
    for cls in nouns:
        assert cls.__dataclass_params__.frozen, cls
        assert "__slots__" in vars(cls), cls
    with pytest.raises(FrozenInstanceError):
        Begun(Step.WIPE, (), 0).bytes = 1


def test_every_event_is_one_of_the_union():
    here = importlib.import_module("app.domain.event")
    own = {c for _, c in inspect.getmembers(here, is_dataclass) if c.__module__ == here.__name__}
    assert own == set(Event.__args__)


def test_the_domain_needs_the_standard_library_alone():
    names = ", ".join(module.__name__ for module in MODULES)
    code = (
        f"import sys; import {names}; "
        "own = {n.partition('.')[0] for n in sys.modules} - {'app'}; "
        "print(sorted(n for n in own & set(sys.modules) if getattr(sys.modules[n], '__file__', None) "
        "and 'site-packages' in sys.modules[n].__file__))"
    )
    before = subprocess.run(
        [sys.executable, "-c", code.replace(f"import {names}; ", "")],
        capture_output=True,
        text=True,
        check=True,
    )
    after = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert after.stdout == before.stdout
