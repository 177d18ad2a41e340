"""Records to seal, people to seal them to, and the way back out of a package."""

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from datetime import date

import pyrage

from app.domain.case import Custodian
from app.domain.event import Settled
from app.domain.fate import Decision, Fate, Ground
from app.domain.record import Look, Record, Stamp, Tier
from app.steps.confirm import seal

KEY = b"k" * 32


def record_of(path, location, number=0):
    name = os.fsencode(path)
    seen = os.stat(name)
    stamp = Stamp(seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_nlink)
    with open(name, "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Record(
        f"r-{number:04}", os.fsdecode(name), str(location), stamp, sha256, Look.FOUND, Tier.SENSITIVE,
        "finance.voucher", 3,
    )  # fmt: skip


def kept_of(records, fate=Fate.SEAL):
    return [
        (r, Decision(r.id, fate, Ground.RETENTION, "acc.voucher", "会计档案管理办法 14", date(2050, 1, 1)))
        for r in records
    ]


def person(tmp_path, name="custodian"):
    identity = pyrage.x25519.Identity.generate()
    path = tmp_path / f"{name}.txt"
    path.write_text(f"# created: today\n{identity}\n")
    return Custodian(name, str(identity.to_public()), path)


def run(kept, custodians, folder, case="2026-001"):
    return list(seal(kept, custodians, folder, case=case, key=KEY))


def settled(events):
    return {e.id: e for e in events if isinstance(e, Settled)}


def open_package(package, identity_path, into):
    """Decrypt with the system's age where there is one, and untar."""
    into.mkdir()
    if age := shutil.which("age"):
        plain = subprocess.run(
            [age, "-d", "-i", str(identity_path), str(package)], check=True, capture_output=True
        ).stdout
    else:
        text = next(line for line in identity_path.read_text().splitlines() if not line.startswith("#"))
        plain = pyrage.decrypt(package.read_bytes(), [pyrage.x25519.Identity.from_str(text)])
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        # Python below 3.11.4 has no filter; the package is our own.
        tar.extractall(into, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (top,) = into.iterdir()
    return top
