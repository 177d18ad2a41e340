"""A custodian's key in shares (SLIP-39): so many of them open the package, one less opens nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.domain.fault import Fault, Refused
from app.system.durable import write_durably

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

_LETTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_PREFIX: Final = "age-secret-key-"
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
FEWEST_WORDS: Final = 20


def in_shares(folder: Path, number: int, needed: int, made: int) -> tuple[Identity, ...]:
    """Give the key that the shares in `folder` make, restored from them; where there are none, make it.

    Afterwards `custodian-<number>-share-<i>-of-<made>.txt` stand in `folder`, each for another
    person; the key itself is written nowhere. When any is missing, a new key is made: those
    handed out open what was sealed to them and nothing sealed from now on.

    Raises:
        Refused: SEAL_FAILED when too few shares give the key, or enough of them don't.
    """
    from pyrage import x25519

    paths = [folder / name for name in share_names(number, made)]
    if not all(path.is_file() for path in paths):
        secret = _unpacked(str(x25519.Identity.generate()))
        for at, (path, words) in enumerate(zip(paths, _split(secret, needed, made), strict=True), 1):
            told = f"# share {at} of {made}; any {needed} open the package (SLIP-39)\n{words}\n"
            write_durably(path, told.encode("ascii"))
    try:
        shares = [words_in(path.read_text("ascii"))[0] for path in paths]
        key = joined(shares[:needed])
        others = joined(shares[made - needed :])
    except (ValueError, IndexError) as error:
        raise Refused(Fault.SEAL_FAILED, str(paths[0]), "SLIP-39") from error
    if key != others or _opens(shares[: needed - 1]):
        raise Refused(Fault.SEAL_FAILED, str(paths[0]), "SLIP-39")
    return (x25519.Identity.from_str(key),)


def share_names(number: int, made: int) -> list[str]:
    """Name the files of a custodian's shares."""
    return [f"custodian-{number}-share-{one}-of-{made}.txt" for one in range(1, made + 1)]


def words_in(text: str) -> tuple[str, ...]:
    """The shares in a text: each a line of words; lines that begin with # are passed over."""
    lines = (" ".join(line.split()).lower() for line in text.splitlines())
    return tuple(line for line in lines if not line.startswith("#") and len(line.split(" ")) >= FEWEST_WORDS)


def joined(shares: Sequence[str]) -> str:
    """Give the age key that these shares make; more than are needed do no harm.

    Raises:
        ValueError: when they are too few, no shares, or not of one key.
    """
    from shamir_mnemonic import MnemonicError, combine_mnemonics

    for count in range(1, len(shares) + 1):
        try:
            return _packed(combine_mnemonics(list(shares[:count])))
        except MnemonicError:
            # How many are needed stands in each share; the library takes neither less nor more.
            continue
    raise ValueError("too few shares, or not the shares of one key")


def _opens(shares: Sequence[str]) -> bool:
    try:
        joined(shares)
    except ValueError:
        return False
    return True


def _split(secret: bytes, needed: int, made: int) -> list[str]:
    from shamir_mnemonic import generate_mnemonics

    return list(generate_mnemonics(1, [(needed, made)], secret)[0])


def _unpacked(key: str) -> bytes:
    """The 32 bytes of an age key, which is written in Bech32 (BIP 173)."""
    digits = [_LETTERS.index(letter) for letter in key.lower().rpartition("1")[2]][:-6]
    return bytes(_regrouped(digits, 5, 8))[:32]


def _packed(secret: bytes) -> str:
    if len(secret) != 32:
        raise ValueError("not an age key")
    digits = _regrouped(secret, 8, 5)
    spread = [*(ord(one) >> 5 for one in _PREFIX), 0, *(ord(one) & 31 for one in _PREFIX)]
    rest = _remainder([*spread, *digits, 0, 0, 0, 0, 0, 0]) ^ 1
    digits += [rest >> 5 * (5 - at) & 31 for at in range(6)]
    return f"{_PREFIX}1{''.join(_LETTERS[digit] for digit in digits)}".upper()


def _remainder(digits: Sequence[int]) -> int:
    state = 1
    for digit in digits:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ digit
        for at, value in enumerate(_GENERATOR):
            state ^= value if top >> at & 1 else 0
    return state


def _regrouped(values: Sequence[int], have: int, want: int) -> list[int]:
    state, bits, out = 0, 0, []
    for value in values:
        state, bits = state << have | value, bits + have
        while bits >= want:
            bits -= want
            out.append(state >> bits & (1 << want) - 1)
    if bits and have > want:
        out.append(state << want - bits & (1 << want) - 1)
    return out
