"""Any sequence of calls on a real case: what is held or kept by law stays, and nothing goes unsigned."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.domain.case import (
    Backup,
    Case,
    CertificateTerms,
    Company,
    Custodian,
    FateRule,
    HoldRule,
    Location,
    Match,
)
from app.domain.fate import Fate
from app.domain.fault import GateClosed, Refused
from app.domain.outcome import KeepOutcome
from app.domain.step import Step
from app.flow import Flow
from app.flow.papers import attach, attached, detach
from app.identity import Identity

FILES = {
    "a.csv": "姓名,身份证号\n张三,11010519491231002X\n",
    "b.csv": "姓名,手机,身份证号\n李四,13812345678,11010519491231002X\n",
    "disputes/投诉.txt": "投诉人 王五 身份证号 11010519491231002X",
    "凭证/记账凭证-2025-03.csv": "凭证号,日期,摘要,借方,贷方\n1,2025-03-01,收款 张三,100,0\n",
}
PROTECTED = ("disputes/投诉.txt", "凭证/记账凭证-2025-03.csv")
GLOBS = ("", "**", "disputes/**", "凭证/**", "*.csv")


class Calls(RuleBasedStateMachine):
    """Calls what a window, a script or a careless hand could call, in any order."""

    people: tuple[Identity, Identity, Identity]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="lethe-any-"))
        for name, text in FILES.items():
            for root in ("customers", "backup"):
                (self.folder / root / name).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / root / name).write_text(text, encoding="utf-8")
        self.case = Case(
            "2026-010",
            Company("示例科技有限公司", "91350100M000100Y43"),
            CertificateTerms(self.folder / "out"),
            locations=(Location(self.folder / "customers"),),
            backups=(Backup("folder", self.folder / "backup"),),
            rules=(FateRule(Match(), Fate.WIPE),),
            holds=(HoldRule(Match(glob="disputes/**"), "complaint"),),
            custodians=(Custodian("律所", shares=(2, 3), receipt=self.folder / "receipt.txt"),),
        )
        (self.folder / "receipt.txt").write_text("移交与接收回执：已收到", encoding="utf-8")
        self.flow = Flow.create(self.folder / "case", self.case, self.people[0])
        self.signed = False
        self.given = 0
        self.held: set[str] = set()

    def teardown(self) -> None:
        self.flow.close()
        shutil.rmtree(self.folder)

    @rule(
        step=st.sampled_from([step for step in Step if step not in (Step.COMPANY, Step.SIGN)]),
        draw=st.integers(0, 40),
    )
    def begin(self, step: Step, draw: int) -> None:
        """Begin any step, and stop it after some events, or let it end."""
        with suppress(GateClosed, Refused):
            events = self.flow.begin(step, people=self.people[:2])
            for _ in range(draw if draw < 20 else 10_000):
                if next(events, None) is None:
                    break
            events.close()

    @rule(steps=st.integers(1, 4))
    def go_on(self, steps: int) -> None:
        """Do the next steps that are not done, each to its end."""
        waiting = [step for step in list(Step)[Step.LOCATE.index :] if not self.flow.done(step)]
        for step in waiting[:steps]:
            self.sign() if step is Step.SIGN else self.begin(step, 40)

    @rule()
    def sign(self) -> None:
        with suppress(GateClosed, Refused):
            self.flow.sign(self.people[:2])
            self.signed = True

    @rule(which=st.integers(0, 9), fate=st.sampled_from(list(Fate)))
    def overrule(self, which: int, fate: Fate) -> None:
        rows = self.flow.rows()
        with suppress(GateClosed, Refused):
            if rows:
                self.flow.overrule(rows[which % len(rows)].record.id, fate, "any")

    @rule(which=st.integers(0, 9))
    def hold(self, which: int) -> None:
        rows = self.flow.rows()
        with suppress(GateClosed, Refused):
            if rows:
                record = rows[which % len(rows)].record
                self.flow.hold(record.id, "lawsuit")
                self.held.add(record.path)

    @rule(fate=st.sampled_from(list(Fate)), glob=st.sampled_from(GLOBS))
    def declare(self, fate: Fate, glob: str) -> None:
        rules = (FateRule(Match(glob=glob), fate), FateRule(Match(), Fate.WIPE))
        with suppress(GateClosed, Refused):
            self.flow.declare(replace(self.flow.case, rules=rules))

    @rule(there=st.booleans())
    def receipt(self, there: bool) -> None:
        """Lay the receipt with the case, or take it away."""
        for paper in attached(self.flow.folder):
            detach(self.flow.folder, paper)
        if there:
            # One that was there before the package, or for another one, would count for nothing.
            self.given += 1
            (self.folder / "receipt.txt").write_text(f"移交与接收回执：第 {self.given} 份", encoding="utf-8")
            attach(self.flow.folder, self.folder / "receipt.txt", "custodian")
        elif any(one.outcome is KeepOutcome.SEALED for one in self.flow.results()):
            assert all(self.flow.gate(step) for step in (Step.SIGN, Step.SHRED, Step.WIPE))

    @precondition(lambda self: not self.flow.closed)
    @rule()
    def reopen(self) -> None:
        self.flow.close()
        self.flow = Flow.open(self.folder / "case", self.people[0])

    @invariant()
    def what_is_protected_stays(self) -> None:
        for name in PROTECTED:
            for root in ("customers", "backup"):
                assert (self.folder / root / name).read_text(encoding="utf-8") == FILES[name], (root, name)
        for path in self.held:
            assert Path(path).exists(), path

    @invariant()
    def nothing_goes_unsigned(self) -> None:
        if not self.signed:
            assert all((self.folder / "customers" / name).exists() for name in FILES)
            assert all((self.folder / "backup" / name).exists() for name in FILES)


@pytest.mark.usefixtures("home")
def test_any_sequence_of_calls(people: tuple[Identity, Identity, Identity]) -> None:
    Calls.people = people
    run_state_machine_as_test(
        Calls,
        settings=settings(
            max_examples=20,
            stateful_step_count=14,
            suppress_health_check=list(HealthCheck),
        ),
    )
