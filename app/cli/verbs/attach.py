"""`lethe attach`: lay a document with a case, such as the receipt of its custodian."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.console import Console
from app.cli.phrases import Phrase
from app.domain.fault import GateClosed
from app.domain.step import Gate, Step
from app.flow import Flow
from app.flow.papers import attach


def attach_documents(asked: argparse.Namespace, console: Console) -> int:
    """Copy documents into the case folder, and tell the digest of each; nobody is asked to unlock it.

    Raises:
        GateClosed: CLOSED once the certificate is issued.
        Refused: PAPER_UNREADABLE; CASE_NOT_FOUND.
    """
    folder = Path(asked.case_dir).absolute()
    if Flow.open(folder).closed:
        raise GateClosed(Step.CERTIFY, Gate.CLOSED)
    for document in asked.documents:
        laid = attach(folder, Path(document), asked.kind)
        told = {"path": str(laid.path), "kind": laid.kind, "bytes": laid.bytes, "sha256": laid.sha256}
        console.result(Phrase.ATTACHED.say(console.language, path=laid.path, sha256=laid.sha256), **told)
    return 0
