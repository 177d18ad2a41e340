"""Vaults to try things on."""

import hashlib
import sys
from pathlib import Path

import pytest

from app.domain.vaulting import Suite
from app.vault import Factors, Vault

sys.path.append(str(Path(__file__).parent))  # for vaults

from vaults import CASE, SECRET, customer


@pytest.fixture
def factors():
    return Factors(secret=SECRET)


@pytest.fixture(params=list(Suite), ids=lambda suite: suite.value)
def suite(request):
    return request.param


@pytest.fixture
def vault(tmp_path, factors, suite):
    made = Vault.create(tmp_path, factors, CASE, suite=suite)
    made.add(customer(number) for number in range(20))
    yield made
    made.close()


@pytest.fixture
def keys():
    """What the keys of a vault are, to be compared: each hashed, so that no test prints one."""

    def told(vault):
        seen = {}
        for one in vault.customers():
            with vault.key(one) as key:
                seen[one] = hashlib.sha256(key).hexdigest()
        return seen

    return told
