"""The crash campaign of shredding: `kill -9` while keys and slots are overwritten, then the resumption.

    benchmarks/shred_crash.py --kills 150 --slots 150 --seed 1

A bad state is a key that opens though it was said to be destroyed, one that was touched before its
intent was written, or one that still opens after it was resumed. Ends with 1 when there was any.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/steps/shred"), str(ROOT)]

import key_stores as stores
import shred_crash
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.domain.case import KeySource, Profile, Role
from app.domain.fate import Fate, Ground
from app.domain.fault import Refused
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Tier
from app.identity import SignedPlan, create, sign_plan
from app.steps.shred import inspect
from app.system.memory import Secret
from app.vault import Factors, Suite, Vault
from app.vault.slot import Side, read_secret

AT = "2026-11-21T20:00:00Z"


def main() -> int:
    """Run both campaigns and print how they went."""
    asked = _arguments()
    began, report = time.monotonic(), shred_crash.Report()
    with tempfile.TemporaryDirectory(prefix="lethe-shred-crash-", dir=asked.dir) as name:
        folder = Path(name)
        people = (
            create("officer", Role.OFFICER, folder / "o.p12", "o"),
            create("witness", Role.WITNESS, folder / "w.p12", "w"),
        )

        def sign(path: Path, kind: str) -> SignedPlan:
            source = [KeySource(kind, path)]
            (key,) = inspect(source, key=b"k", passphrase=lambda _: stores.PASSPHRASE)
            item = PlanItem(
                "k-0", Subject.KEY, str(path), Fate.SHRED, Ground.KEY, "key", "", Tier.CORE, "secret.key", 0,
                key.stamp, key.sha256,
            )  # fmt: skip
            return sign_plan(Plan("2026-001", AT, "cn-1", Profile.STANDARD, (item,)), people, AT)

        shred_crash.campaign_of_keys(asked.kills, asked.seed, _preys(folder), sign, folder, report)
        vault = folder / "vault"
        vault.mkdir()
        Vault.create(vault, Factors(b"s" * 32), "2026-001").close()
        shred_crash.campaign_of_slot(asked.slots, asked.seed, vault / "key.slot", _opens, folder, report)
    print(f"crash campaign of shredding, seed {asked.seed}, {time.monotonic() - began:.0f} s")
    print(report.table())
    for bad in report.bad:
        print(f"BAD {bad}")
    return 1 if report.bad else 0


def _preys(folder: Path) -> list[shred_crash.Prey]:
    pem = folder / "pem"
    key = ec.generate_private_key(ec.SECP256R1())
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    made = [shred_crash.Prey("pem", pem, "")]
    for which in (stores.Luks, stores.Gocryptfs):
        place = folder / which.__name__
        place.mkdir()
        store = which.make(place)
        made.append(shred_crash.Prey(store.kind, store.path, stores.PASSPHRASE))
    return made


def _opens(path: Path) -> bool:
    try:
        read_secret(path, Side(0, 1, Suite.AES), Secret(32))
    except (Refused, OSError):
        return False
    return True


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=150, help="of key files: PEM, LUKS, gocryptfs")
    parser.add_argument("--slots", type=int, default=150, help="of Lethe's own slot")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dir", default="/var/tmp")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
