"""`lethe identity new`: a person's key and certificate."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path

from app.cli.console import Console
from app.cli.phrases import Phrase
from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity import create
from app.language import say


def new(asked: argparse.Namespace, console: Console) -> int:
    """Make a PKCS#12 file with a new key, and tell its fingerprint."""
    path = Path(asked.out).absolute()
    passphrase = (
        os.environ.get(asked.passphrase_env, "") if asked.passphrase_env else _prompted(path, console)
    )
    if not passphrase:
        raise Refused(Fault.PASSPHRASE_MISSING, str(path), asked.passphrase_env)
    person = create(asked.name, Role(asked.role), path, passphrase)
    role = say(person.role, console.language)
    console.result(
        Phrase.IDENTITY_MADE.say(
            console.language, name=person.name, role=role, path=path, fingerprint=person.fingerprint
        ),
        name=person.name,
        role=person.role.value,
        path=str(path),
        fingerprint=person.fingerprint,
    )
    console.phrase(Phrase.IDENTITY_KEEP)
    return 0


def _prompted(path: Path, console: Console) -> str:
    if not sys.stdin.isatty():
        return ""
    question = Phrase.PASSPHRASE_OF.say(console.language, path=path)
    first = getpass.getpass(question)
    if first != getpass.getpass(question):
        raise Refused(Fault.WRONG_PASSPHRASE, str(path))
    return first
