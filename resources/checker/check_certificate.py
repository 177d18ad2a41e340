"""Check a Lethe certificate's files with Python alone: no network, no other package.

    python3 -I check_certificate.py [FOLDER] [PROOF.json ...]

核对忘川证明随附的文件，只需 Python 标准库，不联网。FOLDER holds manifest.json and what came with it; it is
the folder of this file if none is given. Ends with 0 when all holds, 1 when something does not.
Signatures need openssl or `lethe verify`; the commands are printed at the end.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LEAF = ("id", "fate", "outcome", "settled_at", "salt")
FIELDS = {*LEAF, "lethe_proof", "certificate", "manifest", "index", "size", "planned", "done"}
SIGNATURES = """Signatures / 签名:
  openssl cms -verify -binary -inform DER -in manifest.p7s -content manifest.json -noverify -out verified.json
  openssl pkcs7 -inform DER -in manifest.p7s -print_certs -noout
  lethe verify certificate.pdf"""
wrong: list[str] = []


def say(ok: bool, text: str) -> None:
    """Print one line of the answer, and remember what does not hold."""
    print(("  ok   " if ok else "  BAD  ") + text)
    if not ok:
        wrong.append(text)


def canonical(value: object) -> bytes:
    """Give RFC 8785 of what Lethe writes: ASCII keys, text, whole numbers."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda m: f"\\u{ord(m[0]):04x}", text).encode()


def sha(data: bytes) -> str:
    """Give SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()


def read(text: str) -> bytes:
    """Read base64url without padding, refused when written in any but the one way."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != text:
        raise ValueError(text)
    return data


def climb(leaf: bytes, index: int, size: int, way: bytes) -> str:
    """Give the root that a way leads to (RFC 9162 section 2.1.3.2), empty when it is no way."""
    root, last = hashlib.sha256(b"\x00" + leaf).digest(), size - 1
    if not 0 <= index < size or len(way) % 32:
        return ""
    for at in range(0, len(way), 32):
        if last == 0:
            return ""
        step = way[at : at + 32]
        if index & 1 or index == last:
            root = hashlib.sha256(b"\x01" + step + root).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            root = hashlib.sha256(b"\x01" + root + step).digest()
        index, last = index >> 1, last >> 1
    return root.hex() if last == 0 else ""


def check_proof(data: bytes, manifest_data: bytes, manifest: dict[str, Any]) -> None:
    """Check one record: on the list that was signed before, and on the list of results."""
    proof = json.loads(data)
    if canonical(proof) != data or proof["lethe_proof"] != 2 or set(proof) != FIELDS:
        raise ValueError("not a proof")
    named = read(proof["manifest"]).hex() == sha(manifest_data)
    say(named and proof["certificate"] == manifest["machine_id"], "proof: of this manifest / 属于此清单")
    leaf = {name: proof[name] for name in LEAF}
    before = {name: leaf[name] for name in ("id", "fate", "salt")}
    texts = f"{leaf['id']}: {leaf['fate']}", f"{leaf['id']}: {leaf['outcome']}, {leaf['settled_at']}"
    for name, content, text in zip(("planned", "done"), (before, leaf), texts, strict=True):
        root = climb(canonical(content), proof["index"], proof["size"], read(proof[name]))
        ok = root == manifest["leaves"][name] and proof["size"] == manifest["leaves"]["count"]
        say(ok, f"proof: {name} / {'清单' if name == 'planned' else '结果'}: {text}")


def check_files(folder: Path, data: bytes, manifest: dict[str, Any]) -> None:
    """Check the manifest's form, and each file beside it against the digest that stands for it."""
    say(canonical(manifest) == data, f"manifest.json {sha(data)}")
    for name, wanted in named_files(folder, manifest):
        if (folder / name).is_file():
            found = sha((folder / name).read_bytes())
            say(found == wanted, f"{name} {found}")
    inventory = folder / manifest["inventory"]["file"]
    if inventory.is_file():
        rows = inventory.read_bytes().count(b"\r\n") - 1
        say(rows == manifest["inventory"]["rows"], f"{inventory.name}: {rows} rows / 行")
    pdf = folder / "certificate.pdf"
    if pdf.is_file():
        say(sha(data) in set(attached(pdf.read_bytes())), "certificate.pdf holds this manifest / 内附此清单")


def named_files(folder: Path, manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give names and digests: those of the manifest, and those of the in-toto statement."""
    for one in (manifest["inventory"], manifest["annex"]):
        if one:
            yield one["file"], one["sha256"]
    envelope = folder / "manifest.dsse.json"
    if envelope.is_file():
        for one in json.loads(base64.b64decode(json.loads(envelope.read_bytes())["payload"]))["subject"]:
            yield Path(one["name"]).name, one["digest"]["sha256"]


def attached(pdf: bytes) -> Iterator[str]:
    """Give the digests of all streams of a PDF, unpacked where they are packed."""
    for found in re.finditer(rb"stream\r?\n", pdf):
        body = pdf[found.end() : pdf.find(b"endstream", found.end())]
        try:
            yield sha(zlib.decompressobj().decompress(body))
        except zlib.error:
            yield sha(body)


def main(given: list[str]) -> int:
    """Check what was given and say how to check the signatures."""
    proofs = [Path(one) for one in given if not Path(one).is_dir()]
    folder = next((Path(one) for one in given if Path(one).is_dir()), Path(__file__).resolve().parent)
    try:
        data = (folder / "manifest.json").read_bytes()
        manifest = json.loads(data)
        print(f"{manifest['number']}  {manifest['status']}  {manifest['issued_at']}")
        check_files(folder, data, manifest)
        for proof in proofs:
            check_proof(proof.read_bytes(), data, manifest)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        say(ok=False, text=f"{type(error).__name__}: {error}")
    print(SIGNATURES)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
