"""The vault of a case: how it is declared, an older case taken over, and what is left at the end."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # for older_case

from older_case import events, hkdf, older_case

from app.domain.fault import Fault, GateClosed, Refused
from app.domain.step import Step
from app.domain.vaulting import Suite, VaultTerms
from app.flow import Flow, read_case_file, vaulting
from app.flow.case_text import case_toml, declared_digest
from app.vault import FOLDER, SIZE, SLOT, Factor, Vault, is_older

PASSPHRASE = "LETHE_TEST_VAULT"


class Cut(BaseException):
    """The power goes."""


def refusal(act):
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


def test_a_new_case_has_a_vault_and_an_end(office, advance):
    flow = office.flow()
    assert (flow.folder / SLOT).stat().st_size == SIZE
    assert [path.name for path in (flow.folder / FOLDER).iterdir()] == ["keys.0"]
    assert events(flow.folder)[0] == ("opened", {"case": office.case.number, "format": 3})
    flow.close()
    flow = Flow.open(flow.folder, office.officer)
    assert flow._at.vault().suite is Suite.AES
    flow.close()


def test_the_suite_that_the_officer_chose(office):
    case = replace(office.case, vault=VaultTerms(suite=Suite.SM4))
    flow = Flow.create(office.folder / "case", case, office.officer)
    flow.close()
    flow = Flow.open(office.folder / "case", office.officer)
    assert flow._at.vault().suite is Suite.SM4
    assert flow.case.vault.suite is Suite.SM4
    assert refusal(lambda: flow.declare(office.case)).fault is Fault.CASE_FILE_WRONG_VALUE
    flow.declare(replace(case, vault=VaultTerms(suite=Suite.SM4, keep=True)))
    flow.close()


def test_a_passphrase_of_its_own(office, monkeypatch):
    case = replace(office.case, vault=VaultTerms(passphrase_env=PASSPHRASE, argon2_mib=64))
    monkeypatch.delenv(PASSPHRASE, raising=False)
    folder = office.folder / "case"
    assert refusal(lambda: Flow.create(folder, case, office.officer)).fault is Fault.PASSPHRASE_MISSING
    assert not folder.exists()
    monkeypatch.setenv(PASSPHRASE, "one")
    Flow.create(folder, case, office.officer).close()
    monkeypatch.setenv(PASSPHRASE, "two")
    assert refusal(lambda: Flow.open(folder, office.officer)).fault is Fault.WRONG_PASSPHRASE
    monkeypatch.setenv(PASSPHRASE, "one")
    flow = Flow.open(folder, office.officer)
    assert flow._at.vault().factors == (Factor.SECRET, Factor.PASSPHRASE)
    assert flow._at.slot_opens()
    monkeypatch.delenv(PASSPHRASE)
    assert not flow._at.slot_opens()
    flow.close()


def test_the_case_file_says_how_the_vault_is_made(office):
    text = case_toml(office.case)
    assert "[vault]" not in text, "a case without it has the text and the digest it always had"
    terms = VaultTerms(Suite.SM4, PASSPHRASE, 128, keychain=True, keep=True)
    case = replace(office.case, vault=terms)
    assert declared_digest(case) != declared_digest(office.case)
    path = office.folder / "CASE.toml"
    path.write_text(case_toml(case), encoding="utf-8")
    assert read_case_file(path).vault == terms


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('suite = "des"', Fault.CASE_FILE_WRONG_VALUE),
        ("argon2_mib = 63", Fault.CASE_FILE_WRONG_VALUE),
        ("argon2_mib = 100000", Fault.CASE_FILE_WRONG_VALUE),
        ("argon2_mib = true", Fault.CASE_FILE_WRONG_TYPE),
        ("keep = 1", Fault.CASE_FILE_WRONG_TYPE),
        ("unknown = 1", Fault.CASE_FILE_UNKNOWN_KEY),
    ],
)
def test_what_may_not_stand_there_is_refused_with_its_line(office, line, fault):
    path = office.folder / "CASE.toml"
    text = case_toml(office.case) + f"\n[vault]\n{line}\n"
    path.write_text(text, encoding="utf-8")
    refused = refusal(lambda: read_case_file(path))
    assert (refused.fault, refused.line) == (fault, len(text.splitlines()))


def test_what_opening_mends_is_noted(office, monkeypatch):
    flow = office.flow()
    with pytest.raises(OSError, match="cut"):
        flow._at.vault().puncture([], _no_disk)
    flow.close()
    Flow.open(flow.folder, office.officer).close()
    (body,) = [body for name, body in events(flow.folder) if name == "vault.mended"]
    assert (body["generation"], body["outcome"]) == (2, "access_removed"), "no canary was seen to answer"
    Flow.open(flow.folder, office.officer).close()
    assert [name for name, _ in events(flow.folder)].count("vault.mended") == 1


def _no_disk(*_):
    raise OSError(5, "cut")


# An older case


@pytest.fixture
def older(office):
    folder = office.folder / "case"
    root = older_case(folder, office.case, office.officer)
    return folder, root


def taken_over(folder, officer, root):
    flow = Flow.open(folder, officer)
    try:
        vault = flow._at.vault()
        with vault.key(b"lethe register 1") as key:
            assert bytes(key) == root
        assert flow._at.desk().keys.handles == hkdf(root, b"lethe case 1 handles")
    finally:
        flow.close()
    assert not (folder / "older.slot").exists()
    assert (folder / SLOT).stat().st_size == SIZE


def test_an_older_case_is_taken_over(older, office):
    folder, root = older
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy)
    taken_over(folder, office.officer, root)
    told = dict(events(folder))
    assert told["opened"] == {"case": office.case.number, "format": 3}
    assert told["vault.taken_over"]["outcome"] in ("key_destroyed_here", "medium_residue")
    names = [name for name, _ in events(folder)]
    assert names.index("vault.taken_over") > len(names) - 1 - names[::-1].index("opened"), "said before"
    taken_over(folder, office.officer, root)
    assert [name for name, _ in events(folder)].count("opened") == 2, "once"
    # A copy of the whole folder from before still opens: it is a backup of the key.
    taken_over(copy, office.officer, root)


def test_an_older_lethe_refuses_it_then(older, office):
    """As format 2 read a journal: the first thing it looks at."""
    folder, root = older
    taken_over(folder, office.officer, root)
    formats = [body["format"] for name, body in events(folder) if name == "opened"]
    assert max(formats) > 2
    flow = Flow.open(folder, office.officer)
    assert flow._state.opened_at == flow._at.state.opened_at
    flow.close()


def test_a_look_changes_nothing(older, office):
    folder, _ = older
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    Flow.open(folder).close()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_another_officer_changes_nothing(older, office, people):
    folder, _ = older
    slot = (folder / SLOT).read_bytes()
    assert refusal(lambda: Flow.open(folder, people[2])).fault is Fault.WRONG_PASSPHRASE
    assert (folder / SLOT).read_bytes() == slot
    assert [name for name, _ in events(folder)] == ["opened", "declared"]


@pytest.mark.parametrize("at", ["rename", "create", "adopt", "open_vault", "shred", "half shredded", "note"])
def test_a_cut_while_it_is_taken_over(older, office, monkeypatch, at):
    folder, root = older
    create, adopt, shred_slot = Vault.create, Vault.adopt, vaulting.shred_slot

    def cut(*_, **__):
        raise Cut

    def after_create(*args, **kwargs):
        create(*args, **kwargs)
        raise Cut

    def after_adopt(vault, *args):
        adopt(vault, *args)
        raise Cut

    def half(path, **_):
        with path.open("r+b") as file:
            file.write(b"r" * 512)
        raise Cut

    def noted(path, **kwargs):
        shred_slot(path, **kwargs)
        raise Cut

    with monkeypatch.context() as patch:
        if at == "rename":
            patch.setattr(vaulting, "sync_folder", cut)
        if at == "create":
            patch.setattr(Vault, "create", after_create)
        if at == "adopt":
            patch.setattr(Vault, "adopt", after_adopt)
        if at == "open_vault":
            patch.setattr(vaulting, "open_vault", cut)
        if at in ("shred", "half shredded", "note"):
            patch.setattr(vaulting, "shred_slot", {"shred": cut, "half shredded": half, "note": noted}[at])
        with pytest.raises(Cut):
            Flow.open(folder, office.officer)
    assert is_older(folder / "older.slot") == (at not in ("half shredded", "note"))
    taken_over(folder, office.officer, root)


def test_the_vault_is_locked_for_a_look_and_after_the_end(office):
    flow = office.flow()
    flow.close()
    with pytest.raises(GateClosed):
        flow._at.vault()
    with pytest.raises(GateClosed):
        Flow.open(flow.folder)._at.vault()
    with pytest.raises(GateClosed):
        Flow.open(flow.folder)._at.slot_opens()


def test_nothing_of_it_is_left_when_the_case_is_closed(office, advance):
    flow = Flow.create(
        office.folder / "case", replace(office.case, backups=(), keys=(), holds=()), office.officer
    )
    advance(flow, Step.CERTIFY)
    assert flow.closed
    assert not (flow.folder / SLOT).exists()
    assert not (flow.folder / FOLDER).exists()
    assert not (flow.folder / "register.db").exists()
    flow.close()
