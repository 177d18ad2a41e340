"""The factor in the keychain, in a real Secret Service on a bus of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from vaults import CASE, SECRET, customer

from app.domain.fault import Fault, Refused
from app.vault import FOLDER, Factor, Factors, Vault, clear_away, system_keychain

ROOT = Path(__file__).parent.parent.parent

INSIDE = """
import json, os, subprocess, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests/vault"]
import keyring
from keyring.backends.SecretService import Keyring
keyring.set_keyring(Keyring())
from app.domain.fault import Refused
from app.system.memory import Secret
from app.vault import FOLDER, Factor, Factors, Vault, clear_away, system_keychain
from vaults import CASE, SECRET, customer

folder, told = Path(sys.argv[2]), {}
chain = system_keychain()
factors = Factors(SECRET, keychain=chain)
names = []
put = chain.put
chain.put = lambda name, secret: (names.append(name), put(name, secret))
vault = Vault.create(folder, factors, CASE)
vault.add([customer(1), customer(2)])
told["factors"] = [one.value for one in vault.factors]
vault.close()
told["opens"] = Vault.opens(folder, factors, CASE)
told["without"] = Vault.opens(folder, Factors(SECRET), CASE)
vault = Vault.open(folder, factors, CASE)
vault.puncture([customer(1)])
told["customers"] = len(vault.customers())
vault.close()
told["names"] = list(names)
with Secret(32) as into:
    told["kept"] = [chain.get(name, into.view) for name in names]
    told["short"] = chain.get(names[-1], into.view[:16])
told["opens again"] = Vault.opens(folder, factors, CASE)
value = bytearray(32)
chain.get(names[-1], memoryview(value))
chain.forget(names[-1])
try:
    Vault.open(folder, factors, CASE)
except Refused as refused:
    told["after"] = refused.fault.value
chain.put(names[-1], memoryview(value))
told["put back"] = Vault.opens(folder, factors, CASE)
(folder / "key.slot").unlink()
clear_away(folder, factors)
with Secret(32) as into:
    told["at the end"] = [chain.get(name, into.view) for name in set(names)]
chain.forget("nothing of this name")
print(json.dumps(told))
"""


def test_a_real_secret_service(tmp_path):
    for tool in ("dbus-run-session", "gnome-keyring-daemon"):
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}")
    pytest.importorskip("secretstorage", reason="needs the keychain extra")
    (tmp_path / "inside.py").write_text(INSIDE)
    (tmp_path / "case").mkdir()
    script = (
        "printf 'a password' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1;"
        f" exec {sys.executable} inside.py {ROOT} case"
    )
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", script],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, **home},
        timeout=60,
        check=False,
    )
    if "Cannot autolaunch" in done.stderr or "SecretServiceNotAvailable" in done.stderr:
        pytest.skip(f"no Secret Service here: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["factors"] == ["secret", "keychain"]
    assert (told["opens"], told["without"], told["opens again"]) == (True, False, True)
    assert told["customers"] == 1
    assert len(told["names"]) == 2
    assert told["kept"] == [False, True], "the factor of the old master was taken out"
    assert told["short"] is False
    assert told["after"] == "wrong_passphrase"
    assert told["put back"], "a keychain's backup is a backup of this factor, and of this one only"
    assert not any(told["at the end"])


class Memory:
    """A keychain that remembers what was asked of it."""

    def __init__(self):
        self.kept = {}

    def put(self, name, secret):
        self.kept[name] = bytes(secret)

    def get(self, name, into):
        if name in self.kept:
            into[:] = self.kept[name]
        return name in self.kept

    def forget(self, name):
        self.kept.pop(name, None)


def test_every_master_has_a_factor_of_its_own(tmp_path):
    chain = Memory()
    factors = Factors(SECRET, keychain=chain)
    vault = Vault.create(tmp_path, factors, CASE)
    vault.add([customer(1)])
    (first,) = chain.kept.values()
    vault.puncture([])
    (second,) = chain.kept.values()
    assert first != second
    assert Factor.KEYCHAIN in vault.factors
    vault.close()
    chain.kept = dict.fromkeys(chain.kept, first)
    with pytest.raises(Refused) as wrong:
        Vault.open(tmp_path, factors, CASE)
    assert wrong.value.fault is Fault.WRONG_PASSPHRASE
    clear_away(tmp_path, factors)
    assert chain.kept == {}


def test_a_cut_leaves_one_factor_in_the_keychain(tmp_path):
    chain = Memory()
    factors = Factors(SECRET, keychain=chain)
    vault = Vault.create(tmp_path, factors, CASE)

    def cut(*_):
        raise OSError(5, "cut")

    with pytest.raises(OSError, match="cut"):
        vault.puncture([], cut)
    assert len(chain.kept) == 2
    vault.close()
    Vault.open(tmp_path, factors, CASE).close()
    assert len(chain.kept) == 1
    assert Vault.opens(tmp_path, factors, CASE)


def test_without_a_keychain_it_is_refused(tmp_path):
    import keyring
    from keyring.backends.fail import Keyring as Fail
    from keyring.backends.null import Keyring as Null

    before = keyring.get_keyring()
    try:
        for backend in (Fail(), Null()):
            keyring.set_keyring(backend)
            folder = tmp_path / type(backend).__module__
            folder.mkdir()
            with pytest.raises(Refused) as refused:
                Vault.create(folder, Factors(SECRET, keychain=system_keychain()), CASE)
            assert refused.value.fault is Fault.KEYCHAIN_UNUSABLE
            assert not (folder / FOLDER / "keys.0").exists()
        keyring.set_keyring(Fail())
        with pytest.raises(Refused) as refused:
            system_keychain().get("x", memoryview(bytearray(32)))
        assert refused.value.fault is Fault.KEYCHAIN_UNUSABLE
        system_keychain().forget("x")
    finally:
        keyring.set_keyring(before)


def test_without_the_package_it_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(Refused) as refused:
        system_keychain()
    assert refused.value.fault is Fault.KEYCHAIN_UNUSABLE
