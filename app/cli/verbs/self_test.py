"""`lethe self-test`: what an installed program checks of itself, for real and in a folder of its own."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from app.cli.console import Console
from app.cli.phrases import Phrase
from app.cli.verbs import QT_PACKAGES, REFUSED
from app.domain.event import Settled
from app.domain.outcome import KeyOutcome, Outcome

_FAILED: Final = (Outcome.FAILED, KeyOutcome.FAILED)


def self_test(_: argparse.Namespace, console: Console, *, window: Callable[[], None]) -> int:
    """Run every check and print how each ended; 1 if any failed."""
    failed = 0
    checks: dict[str, Callable[[Path], None]] = {**_CHECKS, "window": partial(_window, window)}
    for name, check in checks.items():
        try:
            with tempfile.TemporaryDirectory(prefix="lethe-self-test-") as folder:
                check(Path(folder))
            ok, phrase, why = True, Phrase.TEST_OK, ""
        except _NotHereError as away:
            ok, phrase, why = True, Phrase.TEST_AWAY, str(away)
        except Exception as error:  # noqa: BLE001 - whatever fails here is what the test is for
            ok, phrase, why = False, Phrase.TEST_BAD, f"{type(error).__name__}: {error}"
        failed += not ok
        console.result(phrase.say(console.language, name=name, why=why), check=name, ok=ok, why=why)
    return REFUSED if failed else 0


class _NotHereError(Exception):
    """Something this machine lacks and the command line does without."""


def _resources(_: Path) -> None:
    from app.system.paths import resource

    for name in (
        "fonts/NotoSansSC-Regular.ttf",
        "fonts/NotoSansSC-Bold.ttf",
        "fonts/LetheRareHan.ttf",
        "i18n/words.toml",
        "i18n/app_zh_CN.ts",
        "rules/retention-cn.toml",
    ):
        resource(name)


def _rules(_: Path) -> None:
    from app.steps.decide import load_pack
    from app.system.paths import resource

    load_pack(resource("rules/retention-cn.toml"))


def _locate(folder: Path) -> None:
    from app.domain.case import Location
    from app.domain.event import Located
    from app.steps.locate import locate

    (folder / "客户.csv").write_text("姓名,身份证号\n测试,11010519491231002X\n", encoding="gb18030")
    found = [
        event.record.findings
        for event in locate([Location(folder)], key=secrets.token_bytes(32))
        if isinstance(event, Located) and event.record
    ]
    if [finding.kind for findings in found for finding in findings] != ["cn.id"]:
        raise AssertionError(found)


def _register(folder: Path) -> None:
    """A vault of each suite, a register under its key, and a change of the master between."""
    from app.register import Register, register_key
    from app.vault import REGISTER, Factors, Suite, Vault

    factors = Factors(secrets.token_bytes(32))
    for suite in Suite:
        place = folder / suite.value
        place.mkdir()
        vault = Vault.create(place, factors, "self-test", suite=suite)
        vault.add([REGISTER])
        with vault.key(REGISTER) as root, register_key(root) as key:
            Register.create(place / "register.db", key).close()
        vault.puncture([])
        vault.close()
        vault = Vault.open(place, factors, "self-test")
        with vault.key(REGISTER) as root, register_key(root) as key:
            Register.open(place / "register.db", key).close()
        vault.close()


def _rehearsal(folder: Path) -> None:
    """The whole job on a small company, nothing failed, and the certificate verified."""
    from app.flow import Flow, carry_out, case_folder, people_of, read_case_file
    from app.rehearsal import PASSPHRASES, build_company
    from app.steps.certify import verify

    case_file = build_company(folder / "company", records=20)
    case = read_case_file(case_file)
    people = people_of(case, lambda _, name: PASSPHRASES.get(name, ""))
    flow = Flow.create(case_folder(case_file, case), case, people[0])
    try:
        events = carry_out(flow, people, lambda _, name: PASSPHRASES.get(name, ""))
        failed = [one for one in events if isinstance(one, Settled) and one.outcome in _FAILED]
        certificate = flow.certificate
    finally:
        flow.close()
    if failed:
        # On a system it was never run on, this is where a call that is not as documented shows.
        raise AssertionError(f"{len(failed)} failed, the first: {failed[0].evidence}")
    if certificate is None:
        raise AssertionError("no certificate")
    bad = [check.name for check in verify(certificate).checks if not check.ok]
    if bad:
        raise AssertionError(" ".join(bad))


def _window(window: Callable[[], None], _: Path) -> None:
    try:
        window()
    except ImportError as error:
        raise _NotHereError(f"{error}; apt-get install {QT_PACKAGES}") from error


def _journal(folder: Path) -> None:
    from app.journal import Journal, verify

    journal = Journal.create(folder / "journal.jsonl")
    journal.append("self-test", {"python": sys.version.split()[0]})
    journal.close()
    if not verify(folder / "journal.jsonl").ok:
        raise AssertionError("journal")


_CHECKS: Final[dict[str, Callable[[Path], None]]] = {
    "resources": _resources,
    "rules": _rules,
    "journal": _journal,
    "register": _register,
    "locate": _locate,
    "rehearsal": _rehearsal,
}
