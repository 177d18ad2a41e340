"""Real keys of every kind, real people, and plans that both have signed."""

import hashlib
import os
import secrets
import stat
import subprocess
import sys
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives import serialization

from app.domain.case import Profile, Role
from app.domain.event import Settled
from app.domain.fate import Fate, Ground
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Stamp, Tier
from app.identity import create, sign_plan
from app.steps.shred import Grounds, shred

SEED = b"\x07" * 32

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shred-people")
    return [
        create("王𬭚", Role.OFFICER, folder / "o.p12", "o"),
        create("李四", Role.WITNESS, folder / "w.p12", "w"),
    ]


def item(path, name, subject=Subject.KEY, fate=Fate.SHRED):
    told = os.lstat(path)
    stamp = Stamp(told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_nlink)
    sha256 = hashlib.sha256(Path(path).read_bytes()).hexdigest() if stat.S_ISREG(told.st_mode) else ""
    return PlanItem(
        name, subject, str(path), fate, Ground.RULE, "case.1", "", Tier.CORE, "key", 0, stamp, sha256
    )


@dataclass
class Bench:
    """A signed plan over key files, and its shredding with the arguments the flow would give."""

    plan: object
    kinds: dict
    passphrases: dict = field(default_factory=dict)
    stages: dict = field(default_factory=dict)
    copies: dict = field(default_factory=dict)
    more: dict = field(default_factory=dict)

    def events(self):
        return shred(
            self.plan,
            kinds=self.kinds,
            stages=self.stages,
            passphrase=lambda item: self.passphrases.get(item, ""),
            seed=SEED,
            **{"grounds": Grounds(staying=self.copies)} | self.more,
        )

    def run(self):
        """Shred all and give what settled, by id."""
        return {event.id: event for event in self.events() if isinstance(event, Settled)}


@pytest.fixture
def bench(people):
    def make(*keys, passphrase=""):
        """`keys` are (path, kind) or (path, kind, subject)."""
        items = tuple(item(key[0], f"k-{n}", *key[2:]) for n, key in enumerate(keys))
        plan = Plan("2026-001", "2026-11-21T20:00:00Z", "cn-1", Profile.STANDARD, items)
        signed = sign_plan(plan, people, "2026-11-21T20:00:00Z")
        kinds = {f"k-{n}": key[1] for n, key in enumerate(keys)}
        return Bench(signed, kinds, dict.fromkeys(kinds, passphrase))

    return make


OPENSSL = {
    "rsa": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ec": ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ed25519": ["genpkey", "-algorithm", "ED25519"],
    "ed448": ["genpkey", "-algorithm", "ED448"],
    "x25519": ["genpkey", "-algorithm", "X25519"],
    "x448": ["genpkey", "-algorithm", "X448"],
}


@cache
def locked_age(passphrase):
    """An identity under a passphrase; dear to make, so the same one serves a session."""
    return pyrage.passphrase.encrypt(f"{pyrage.x25519.Identity.generate()}\n".encode(), passphrase)


@pytest.fixture
def make_key(tmp_path):
    """Make a key file with a stranger's tool and say its path and kind."""

    def make(what, passphrase="", name=""):
        path = tmp_path / (name or f"{what}-{secrets.token_hex(4)}.key")
        cipher = ["-aes256", "-pass", f"pass:{passphrase}"] if passphrase else []
        if what in OPENSSL:
            subprocess.run(
                ["openssl", *OPENSSL[what], *cipher, "-out", path], check=True, capture_output=True
            )
            return path, "pem"
        if what == "dsa":
            subprocess.run(
                f"openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:1024 | openssl genpkey -paramfile /dev/stdin -out {path}",
                shell=True, check=True, capture_output=True,
            )  # fmt: skip
            return path, "pem"
        if what == "ssh":
            from cryptography.hazmat.primitives.asymmetric import ed25519

            path.write_bytes(
                ed25519.Ed25519PrivateKey.generate().private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.OpenSSH,
                    serialization.NoEncryption(),
                )
            )
            return path, "pem"
        if what == "age":
            text = f"# created: 2026\n# public key: x\n{pyrage.x25519.Identity.generate()}\n".encode()
            path.write_bytes(locked_age(passphrase) if passphrase else text)
            return path, "age"
        assert what == "pkcs12"
        stem = path.with_suffix(".stem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x", "-keyout", f"{stem}.k", "-out", f"{stem}.c"],
            check=True, capture_output=True,
        )  # fmt: skip
        subprocess.run(
            ["openssl", "pkcs12", "-export", "-inkey", f"{stem}.k", "-in", f"{stem}.c", "-out", path, "-passout", f"pass:{passphrase}"],
            check=True, capture_output=True,
        )  # fmt: skip
        Path(f"{stem}.k").unlink()
        Path(f"{stem}.c").unlink()
        return path, "pkcs12"

    return make


@pytest.fixture
def planned(bench, people):
    """A signed plan over key stores as `inspect` tells of them."""

    from key_stores import PASSPHRASE, described

    def make(store, *others, passphrases=()):
        paths = (store.path, *others)
        bed = bench(*((path, store.kind) for path in paths))
        items = tuple(
            replace(item, stamp=key.stamp, sha256=key.sha256)
            for item, key in zip(bed.plan.plan.items, (described(store, path) for path in paths), strict=True)
        )
        plan = Plan("2026-001", "2026-11-21T20:00:00Z", "cn-1", Profile.STANDARD, items)
        bed.plan = sign_plan(plan, people, "2026-11-21T20:00:00Z")
        given = passphrases or [PASSPHRASE] * len(paths)
        bed.passphrases = {f"k-{n}": one for n, one in enumerate(given)}
        return bed

    return make


@pytest.fixture
def make_item():
    return item
