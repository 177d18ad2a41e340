"""The optional factor in the system's keychain (Secret Service, Keychain, Credential Manager): `keyring`.

What is kept there is text, so it passes through Python's own memory and the keychain's; it
is overwritten where Python made it, and the keychain is trusted with the rest. Taking it
out is what the keychain says: on disk its old bytes may stay.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final, Protocol

from app.domain.fault import Fault, Refused
from app.system.memory import wipe_text

SERVICE: Final = "Lethe vault"


class Keychain(Protocol):
    """A place outside of the case folder that holds one factor under a name."""

    def put(self, name: str, secret: memoryview) -> None:
        """Keep it, in place of what has the name."""

    def get(self, name: str, into: memoryview) -> bool:
        """Fill `into`; False when there is none of this name and length."""

    def forget(self, name: str) -> None:
        """Take it out. Nothing happens when there is none."""


class SystemKeychain:
    """The keychain of whoever is logged in."""

    def put(self, name: str, secret: memoryview) -> None:
        """Keep it, in place of what has the name.

        Raises:
            Refused: KEYCHAIN_UNUSABLE when there is no keychain, it is locked, or it keeps nothing.
        """
        import keyring
        from keyring.errors import KeyringError

        text = secret.hex()
        try:
            keyring.set_password(SERVICE, name, text)
            kept = keyring.get_password(SERVICE, name) == text
        except (KeyringError, RuntimeError) as error:
            raise Refused(Fault.KEYCHAIN_UNUSABLE, SERVICE, str(error)) from error
        finally:
            wipe_text(text)
        if not kept:
            raise Refused(Fault.KEYCHAIN_UNUSABLE, SERVICE)

    def get(self, name: str, into: memoryview) -> bool:
        """Fill `into`; False when there is none of this name and length.

        Raises:
            Refused: KEYCHAIN_UNUSABLE when there is no keychain or it is locked.
        """
        import keyring
        from keyring.errors import KeyringError

        try:
            text = keyring.get_password(SERVICE, name)
        except (KeyringError, RuntimeError) as error:
            raise Refused(Fault.KEYCHAIN_UNUSABLE, SERVICE, str(error)) from error
        if text is None or len(text) != 2 * len(into):
            return False
        for at in range(len(into)):
            into[at] = int(text[2 * at : 2 * at + 2], 16)
        wipe_text(text)
        return True

    def forget(self, name: str) -> None:
        """Take it out. Nothing happens when there is none."""
        import keyring
        from keyring.errors import KeyringError

        with suppress(KeyringError, RuntimeError):
            keyring.delete_password(SERVICE, name)


def system_keychain() -> Keychain:
    """Give the system's keychain.

    Raises:
        Refused: KEYCHAIN_UNUSABLE when the package that speaks to it is not installed.
    """
    try:
        import keyring  # noqa: F401  asked for early: a factor that can't be had must not be promised
    except ImportError as error:
        raise Refused(Fault.KEYCHAIN_UNUSABLE, SERVICE, "keyring") from error
    return SystemKeychain()
