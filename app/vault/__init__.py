"""The vault: what Lethe itself seals, and the key of its register, under keys that can be destroyed."""

from app.domain.vaulting import Suite
from app.vault.keychain import Keychain, system_keychain
from app.vault.older import is_older, open_older
from app.vault.slot import MAGIC, SIZE, NotOverwritten, Overwriting, numbers_in, prints_of
from app.vault.store import Store
from app.vault.unlocking import Cost, Factor, Factors
from app.vault.vault import FOLDER, REGISTER, SLOT, Changed, Vault, clear_away

__all__ = [
    "FOLDER",
    "MAGIC",
    "REGISTER",
    "SIZE",
    "SLOT",
    "Changed",
    "Cost",
    "Factor",
    "Factors",
    "Keychain",
    "NotOverwritten",
    "Overwriting",
    "Store",
    "Suite",
    "Vault",
    "clear_away",
    "is_older",
    "numbers_in",
    "open_older",
    "prints_of",
    "system_keychain",
]
