"""The age envelope (age-encryption.org/v1): to whom a package is sealed, and streams in and out of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from app.domain.case import Custodian
from app.domain.fault import Fault, Refused
from app.domain.outcome import Reason
from app.domain.wording import letters
from app.steps.confirm.pipe import Pipe, beside
from app.steps.confirm.shares import in_shares, joined, words_in
from app.system.durable import write_durably

if TYPE_CHECKING:
    from pyrage.x25519 import Identity, Recipient

CUSTODIAN_KEY: Final = "custodian-key.txt"


class NotOpened(Exception):
    """A package does not open with this key, or is not whole."""


@dataclass(frozen=True, slots=True)
class Keyholders:
    """Who can open a package, and with whose keys its restore is tried.

    `trials` holds the identities of one restore each. `restored_with` is custodian |
    shares | made_here | one_time. `limits` say what the restore does not prove, `untried`
    are the recipients with whose key nothing was restored.
    """

    recipients: tuple[str, ...]
    trials: tuple[tuple[Identity, ...], ...]
    restored_with: str
    limits: tuple[Reason, ...]
    untried: tuple[str, ...]


def keyholders(custodians: Sequence[Custodian], folder: Path) -> Keyholders:
    """Settle to whom the package goes and whose keys are at hand for the restore.

    When no custodian is declared, or one without any key, a key is made for them and
    stands in `folder` as `custodian-key.txt` afterwards; one that is there is used
    again. The key of one who gets it in shares is restored from these. When no key is
    at hand, a one-time key is made, which lives in memory only. A key that is made here is
    nobody's second key, and two keys of one name are one person's.

    Raises:
        Refused: CASE_FILE_WRONG_VALUE for a recipient that is not one;
            IDENTITY_UNREADABLE for a key file that can't be used, IDENTITY_OF_ANOTHER for
            one without the recipient's secret key.
    """
    from pyrage import x25519

    declared = [_keys_of(custodian, folder, number) for number, custodian in enumerate(custodians, 1)]
    shared = any(custodian.shares for custodian in custodians)
    recipients = [recipient for recipient, _ in declared if recipient]
    names = {letters(one.name) for one, (recipient, _) in zip(custodians, declared, strict=True) if recipient}
    alone = min(len(set(recipients)), len(names)) < 2
    trials = [own for _, own in declared if own]
    limits = [Reason.NO_CUSTODIAN_KEY] if any(to and not own for to, own in declared) else []
    restored_with = "shares" if shared else "custodian" if trials else "one_time"
    if shared:
        limits.append(Reason.CUSTODIAN_KEY_MADE_HERE)
    if len(recipients) < max(1, len(custodians)):
        made = _made_here(folder / CUSTODIAN_KEY)
        recipients.append(str(made[0].to_public()))
        restored_with = restored_with if trials else "made_here"
        trials.append(made)
        limits += [] if shared else [Reason.CUSTODIAN_KEY_MADE_HERE]
    if alone and not shared:
        limits.append(Reason.ONE_RECIPIENT)
    if not trials:
        once = x25519.Identity.generate()
        recipients.append(str(once.to_public()))
        trials.append((once,))
    tried = {str(one.to_public()) for own in trials for one in own}
    to = tuple(dict.fromkeys(recipients))
    untried = tuple(one for one in to if one not in tried)
    return Keyholders(to, tuple(trials), restored_with, tuple(limits), untried)


def _keys_of(custodian: Custodian, folder: Path, number: int) -> tuple[str, tuple[Identity, ...]]:
    """Give the recipient of a custodian, empty when there is no key at all, and their key if at hand."""
    if custodian.shares:
        key = in_shares(folder, number, *custodian.shares)
        return str(key[0].to_public()), key
    own = _read_identities(custodian.identity) if custodian.identity else ()
    if not custodian.recipient and not own:
        return "", ()
    recipient = str(_recipient(custodian.recipient or str(own[0].to_public())))
    # Any key that opens the package would restore it; this custodian has to be able to.
    fitting = tuple(one for one in own if str(one.to_public()) == recipient)[:1]
    if own and not fitting:
        raise Refused(Fault.IDENTITY_OF_ANOTHER, str(custodian.identity), recipient)
    return recipient, fitting


def identities_in(text: str) -> tuple[Identity, ...]:
    """Read the secret keys of an age identity file, one key alone, or the key that its shares make.

    Raises:
        ValueError: when there is none, or a line is something else.
    """
    from pyrage import IdentityError, x25519

    if shares := words_in(text):
        text = joined(shares)
    lines = [line.strip() for line in text.splitlines()]
    try:
        found = tuple(x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#"))
    except IdentityError as error:
        raise ValueError("not an age identity") from error
    if not found:
        raise ValueError("no age identity")
    return found


@contextmanager
def encrypting(target: BinaryIO, recipients: Sequence[str]) -> Iterator[Pipe]:
    """Give a pipe; what is written to it stands encrypted in `target` when the block is left.

    Raises:
        OSError: as `target` raised it. Another error of the block passes through. After any
            error `target` holds half a package.
    """
    import pyrage

    pipe, tap = Pipe(), _Tap(target)
    to = [_recipient(text) for text in recipients]
    with beside(lambda: pyrage.encrypt_io(pipe, tap, to), pipe) as failures:
        yield pipe
        pipe.end()
    if failures:
        raise tap.error or OSError("the package could not be encrypted") from failures[0]


@contextmanager
def decrypting(source: BinaryIO, identities: Sequence[Identity]) -> Iterator[Pipe]:
    """Give a pipe to read the plain text from; on leaving, the envelope was seen to its very end.

    Raises:
        NotOpened: when no key fits, or something was changed or cut.
    """
    import pyrage

    pipe = Pipe()

    def work() -> None:
        pyrage.decrypt_io(source, pipe, list(identities))
        pipe.end()

    with beside(work, pipe) as failures:
        yield pipe
        while pipe.read():
            pass
    if failures:
        raise NotOpened from failures[0]


class _Tap:
    """A file for pyrage to write to, which remembers the system's own error: pyrage keeps only its text."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        """Do nothing: the caller flushes and syncs the file."""


def _recipient(text: str) -> Recipient:
    from pyrage import RecipientError, x25519

    try:
        return x25519.Recipient.from_str(text.strip())
    except RecipientError as error:
        raise Refused(Fault.CASE_FILE_WRONG_VALUE, text, "age1…") from error


def _read_identities(path: Path) -> tuple[Identity, ...]:
    try:
        return identities_in(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(Fault.IDENTITY_UNREADABLE, str(path), "AGE-SECRET-KEY-1…") from error


def _made_here(path: Path) -> tuple[Identity, ...]:
    from pyrage import x25519

    if path.exists():
        return _read_identities(path)
    identity = x25519.Identity.generate()
    text = f"# created: {date.today().isoformat()}\n# public key: {identity.to_public()}\n{identity}\n"
    write_durably(path, text.encode("ascii"))
    return (identity,)
