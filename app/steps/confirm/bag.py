"""BagIt (RFC 8493) as a stream: what stands beside the payload, and whether what came back is whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

_DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
ALGORITHMS: Final = ("sha256", "sha512")


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload file: its path in the bag, its size in bytes, its digests in hex."""

    name: str
    size: int
    sha256: str
    sha512: str

    def digest(self, algorithm: str) -> str:
        """Give the digest by `sha256` or `sha512`."""
        return self.sha256 if algorithm == "sha256" else self.sha512


@dataclass(slots=True)
class Unpacked:
    """What came out of a package: payload by path, tag files by name, and how many members were odd.

    Odd is a member that is no regular file, stands twice, or lies outside the bag's one folder.
    """

    payload: dict[str, Payload] = field(default_factory=dict)
    tags: dict[str, bytes] = field(default_factory=dict)
    odd: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked: a stable name, whether it holds, and numbers or digests to show."""

    name: str
    ok: bool
    detail: str = ""


def oxum(payload: Sequence[Payload]) -> str:
    """Give the Payload-Oxum: bytes, a dot, files."""
    return f"{sum(file.size for file in payload)}.{len(payload)}"


def tag_files(payload: Sequence[Payload], case: str, extra: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give every tag file of the bag by its name, `extra` and the manifests included."""
    info = {
        "Bag-Software-Agent": "Lethe",
        "Bagging-Date": date.today().isoformat(),
        "External-Identifier": " ".join(case.split()),
        "Payload-Oxum": oxum(payload),
    }
    tags = {
        "bagit.txt": _DECLARATION,
        "bag-info.txt": "".join(f"{name}: {value}\n" for name, value in info.items()).encode(),
        **extra,
    }
    for algorithm in ALGORITHMS:
        lines = (f"{file.digest(algorithm)}  {file.name}\n" for file in payload)
        tags[f"manifest-{algorithm}.txt"] = "".join(lines).encode()
    covered = sorted(tags.items())
    for algorithm in ALGORITHMS:
        lines = (f"{hashlib.new(algorithm, data).hexdigest()}  {name}\n" for name, data in covered)
        tags[f"tagmanifest-{algorithm}.txt"] = "".join(lines).encode()
    return tags


def checks(unpacked: Unpacked) -> Iterator[Check]:
    """Check a bag as RFC 8493 section 3 asks: structure, completeness, validity."""
    files, tags = unpacked.payload, unpacked.tags
    structure = tags.get("bagit.txt") == _DECLARATION and not unpacked.odd
    yield Check("structure", structure, f"{len(files)} + {len(tags)}")
    for algorithm in ALGORITHMS:
        listed = _lines(tags.get(f"manifest-{algorithm}.txt", b""))
        found = {name: file.digest(algorithm) for name, file in files.items()}
        yield _compared(f"payload.{algorithm}", listed, found)
    for algorithm in ALGORITHMS:
        listed = _lines(tags.get(f"tagmanifest-{algorithm}.txt", b""))
        digests = {
            name: hashlib.new(algorithm, data).hexdigest()
            for name, data in tags.items()
            if not name.startswith("tagmanifest-")
        }
        yield _compared(f"tags.{algorithm}", listed, digests)
    seen = oxum(tuple(files.values()))
    yield Check("oxum", f"Payload-Oxum: {seen}\n".encode() in tags.get("bag-info.txt", b""), seen)


def _compared(name: str, listed: Mapping[str, str], found: Mapping[str, str]) -> Check:
    differing = sum(1 for path in listed.keys() | found.keys() if listed.get(path) != found.get(path))
    return Check(name, differing == 0 and bool(listed), f"{len(found) - differing}/{len(listed)}")


def _lines(manifest: bytes) -> dict[str, str]:
    listed: dict[str, str] = {}
    for line in manifest.decode("utf-8", "replace").split("\n"):
        digest, _, path = line.partition("  ")
        if path:
            # A path listed twice holds under no digest.
            listed[path] = "" if path in listed else digest.lower()
    return listed
