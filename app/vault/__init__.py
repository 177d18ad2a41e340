"""The vault: what Lethe itself seals, and the key of its register, under keys that can be destroyed."""

from app.vault.keychain import Keychain, system_keychain
from app.vault.slot import SIZE, NotOverwritten, Overwriting
from app.vault.store import Store
from app.vault.suite import Suite
from app.vault.unlocking import Cost, Factor, Factors
from app.vault.vault import FOLDER, SLOT, Changed, Vault

__all__ = [
    "FOLDER",
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
    "system_keychain",
]
