"""Stores that keep a key and destroy it by their own call, one kind a file, behind one contract."""

from __future__ import annotations

from typing import Final

from app.steps.shred.services import aws_kms, declared, openbao, pkcs11, secret_service, tpm2
from app.steps.shred.services.contract import Service

_ALL: Final = (
    aws_kms.SERVICE,
    declared.SERVICE,
    openbao.SERVICE,
    pkcs11.SERVICE,
    secret_service.SERVICE,
    tpm2.SERVICE,
)
SERVICES: Final = {service.name: service for service in _ALL}


def service_of(name: str) -> Service:
    """The service of a name.

    Raises:
        KeyError: when there is none; the case file was held against the names.
    """
    return SERVICES[name]
