"""The case's vault: made with the case, opened with it, taken over from an older slot, ended with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from app.domain.case import Case
from app.domain.fault import Fault, Refused
from app.domain.outcome import Evidence, KeyOutcome, Reason
from app.domain.vaulting import VaultTerms
from app.flow.desk import Passphrase
from app.flow.toml_check import Form, Key, Source
from app.identity import Identity
from app.register.codec import plain
from app.steps.shred.slot import overwrite_side, shred_slot
from app.steps.shred.vault_copies import CopiesSeen, with_copies
from app.steps.shred.verdict import NOT_SEEN, graded
from app.system.durable import sync_folder
from app.system.memory import Secret
from app.vault import (
    REGISTER,
    SLOT,
    Cost,
    Factors,
    Store,
    Suite,
    Vault,
    clear_away,
    is_older,
    open_older,
    system_keychain,
)

VAULT: Final[Form] = {
    "suite": Key(str, choices=tuple(suite.value for suite in Suite)),
    "passphrase_env": Key(str),
    "argon2_mib": Key(int),
    "keychain": Key(bool),
    "keep": Key(bool),
}
"""What may stand in `[vault]`."""
_SECRET: Final = b"lethe register 1"
_OLDER: Final = "older.slot"
"""The name of an older case's slot while its key is taken over."""
_ROOT: Final = 32

Note = Callable[[str, Mapping[str, Any]], None]
"""Writes an entry to the journal and puts it on disk."""


def terms_of(source: Source, one: Mapping[str, Any]) -> VaultTerms:
    """What `[vault]` declares.

    Raises:
        Refused: CASE_FILE_WRONG_VALUE for a passphrase that would be too cheap to try.
    """
    told = {**one, "suite": Suite(one.get("suite", Suite.AES.value))}
    terms = VaultTerms(**told)
    try:
        Cost(terms.argon2_mib << 10)
    except Refused as refused:
        raise source.refuse(refused.fault, "vault", 0, "argon2_mib", refused.detail) from refused
    return terms


def vault_toml(terms: VaultTerms) -> dict[str, Any] | None:
    """Write `[vault]` as the case file has it; None when all of it is as it is without."""
    usual = VaultTerms()
    if terms == usual:
        return None
    return {
        "suite": terms.suite,
        "passphrase_env": terms.passphrase_env,
        "argon2_mib": terms.argon2_mib,
        "keychain": terms.keychain or None,
        "keep": terms.keep or None,
    }


def refuse_other_terms(old: VaultTerms, new: VaultTerms) -> None:
    """Refuse to declare of a vault that is made already that it were made otherwise.

    Raises:
        Refused: CASE_FILE_WRONG_VALUE.
    """
    made = (old.suite, bool(old.passphrase_env), old.keychain)
    if made != (new.suite, bool(new.passphrase_env), new.keychain):
        raise Refused(Fault.CASE_FILE_WRONG_VALUE, "vault", old.suite.value)


def factors_of(case: Case, officer: Identity, ask: Passphrase) -> Factors:
    """What the officer opens the vault with; `ask` is asked for its passphrase, where the case names one.

    Raises:
        Refused: PASSPHRASE_MISSING when it gives none; KEYCHAIN_UNUSABLE.
    """
    name = case.vault.passphrase_env
    passphrase = ask(Path(case.number, SLOT), name) if name else ""
    if name and not passphrase:
        raise Refused(Fault.PASSPHRASE_MISSING, "vault", name)
    keychain = system_keychain() if case.vault.keychain else None
    return Factors(officer.secret(_SECRET), passphrase, keychain)


def make_vault(folder: Path, factors: Factors, case: Case) -> Vault:
    """Make the vault of a new case, with a key for its register."""
    terms = case.vault
    cost = Cost(terms.argon2_mib << 10)
    vault = Vault.create(folder, factors, case.number, suite=terms.suite, cost=cost)
    vault.add([REGISTER])
    return vault


def open_vault(folder: Path, factors: Factors, case: Case) -> Vault:
    """Open it, and finish what a change of its master or a shredding left undone.

    Raises:
        Refused: as `Vault.open`.
    """
    vault = Vault.open(folder, factors, case.number, overwrite_side)
    Store(vault).clear_keyless()
    return vault


def end_vault(folder: Path, case: Case) -> None:
    """Remove what is left once the slot was destroyed. May be called again."""
    clear_away(folder, Factors(keychain=system_keychain()) if case.vault.keychain else Factors())


# A case of an older Lethe


def older_slot(folder: Path) -> Path | None:
    """The slot of an older case that is not taken over yet."""
    return next((folder / name for name in (_OLDER, SLOT) if is_older(folder / name)), None)


@contextmanager
def older_root(slot: Path, case: Case, officer: Identity) -> Iterator[memoryview]:
    """Give the root of the case's keys from its older slot, in locked memory.

    Raises:
        Refused: as `open_older`.
    """
    with Secret(_ROOT) as root:
        open_older(slot, officer.secret(_SECRET), case.number, root.view)
        yield root.view


def take_over(folder: Path, case: Case, officer: Identity, note: Note) -> Vault:
    """Put the root of an older case into a vault, and shred the slot that wrapped it.

    The older slot is moved aside first and goes last. Killed at any point it either still
    opens, and the next call begins anew, or the vault opens.

    Raises:
        Refused: as `Vault.create`.
    """
    aside = folder / _OLDER
    if is_older(aside):
        # A vault that is not known to be whole was begun over it.
        if (folder / SLOT).exists():
            shred_slot(folder / SLOT, opens=lambda: False)
        clear_away(folder, Factors())
    else:
        (folder / SLOT).rename(aside)
        sync_folder(folder)
    secret = officer.secret(_SECRET)
    vault = Vault.create(folder, Factors(secret), case.number)
    with older_root(aside, case, officer) as root:
        vault.adopt(REGISTER, root)
    vault.close()
    vault = open_vault(folder, Factors(secret), case)
    finish_take_over(folder, case, officer, note)
    return vault


def finish_take_over(folder: Path, case: Case, officer: Identity, note: Note) -> None:
    """Shred the slot that was moved aside, if there is one, and note how it ended."""
    aside = folder / _OLDER
    if not aside.exists():
        return

    def opens() -> bool:
        with suppress(Refused, FileNotFoundError), older_root(aside, case, officer):
            return True
        return False

    ended = shred_slot(aside, opens=opens)
    note("vault.taken_over", {"outcome": ended.outcome.value, "evidence": plain(ended.evidence)})


def note_mended(vault: Vault, note: Note) -> None:
    """Note that opening the vault overwrote what a change of its master had left, when it did.

    How far the one that was cut off had come was not seen, so it is graded as a key without a canary.
    """
    if vault.mended:
        evidence = vault.mended.evidence or NOT_SEEN
        ended = replace(evidence, limits=tuple(dict.fromkeys((*evidence.limits, Reason.CANARY_FAILED))))
        body = {
            "generation": vault.mended.generation,
            "outcome": graded(ended).value,
            "evidence": plain(ended),
        }
        note("vault.mended", body)


# Customers of the vault


def shred_in_vault(
    store: Store, customers: Collection[bytes], note: Note, seen: CopiesSeen
) -> tuple[KeyOutcome, Evidence]:
    """Destroy the keys of customers, the intent in the journal before and the outcome after it.

    Without customers only the master is changed. `seen` are the copies of the old one.
    """
    note("vault.shredding", {"customers": len(customers)})
    changed = store.shred(customers, overwrite_side)
    outcome, evidence = with_copies(changed.evidence or NOT_SEEN, seen)
    body = {
        "customers": len(customers),
        "generation": changed.generation,
        "outcome": outcome.value,
        "evidence": plain(evidence),
    }
    note("vault.shredded", body)
    return outcome, evidence
