"""How large a proof is at a million records, and how fast it is checked: by Lethe, and by the checker.

    python benchmarks/proof.py [RECORDS]

The peer of a check is hashing alone: the same number of SHA-256 over 65 bytes, which no check
of a Merkle proof can do without. Prints the proof's size in bytes and its greatest, the time a
check takes and its ratio to the peer; ends with 1 when a proof is over 2 KB or a check over 1 ms.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Final

from app.steps.certify.evidence.leaves import Leaf
from app.steps.certify.evidence.merkle import leaf_hash, path_of, root_of
from app.steps.certify.evidence.proof import Proof, proof_checks
from app.system.paths import resource

_LARGEST: Final = 2048
_SLOWEST: Final = 1e-3
_TIMES: Final = 2000


def main(records: int) -> int:
    """Build both trees, prove some records of them, and time the checks."""
    began = time.perf_counter()
    leaves = [_leaf(n) for n in range(records)]
    planned = [leaf_hash(leaf.planned) for leaf in leaves]
    done = [leaf_hash(leaf.done) for leaf in leaves]
    roots = root_of(planned).hex(), root_of(done).hex()
    print(f"{records:,} records: both trees in {time.perf_counter() - began:.1f} s")
    manifest = {
        "machine_id": "LT-20261121-7F3A9C01",
        "number": "〔2026〕销证字第001号",
        "leaves": {"count": records, "planned": roots[0], "done": roots[1]},
    }
    data = json.dumps(manifest).encode()
    digest = hashlib.sha256(data).digest()
    places = sorted(
        {0, 1, records // 3, records // 2, records - 1, *range(0, records, max(1, records // 20))}
    )
    began = time.perf_counter()
    ways = [(tuple(path_of(planned, n)), tuple(path_of(done, n))) for n in places]
    print(f"a proof is made in {(time.perf_counter() - began) / len(ways):.2f} s, its leaves being at hand")
    proofs = [
        Proof(manifest["machine_id"], digest, leaves[n], n, records, *way).written()
        for n, way in zip(places, ways, strict=True)
    ]
    size = max(len(proof) for proof in proofs)
    hashes = 2 * max(len(way[0]) for way in ways) + 2
    proof = max(proofs, key=len)
    ours = _time(lambda: [one.ok for one in proof_checks(proof, data, manifest)])
    checker = _checker()
    theirs = _time(lambda: checker.check_proof(proof, data, manifest))
    bare = _time(lambda: [hashlib.sha256(b"\x01" * 65).digest() for _ in range(hashes)])
    assert all(one.ok for one in proof_checks(proof, data, manifest))
    assert not checker.wrong
    print(f"proof: {size:,} bytes, at most {_LARGEST:,} ({len(ways[0][0])} and {len(ways[0][1])} hashes)")
    print(f"checked by Lethe: {ours * 1e6:.0f} µs = {ours / bare:.1f} × the bare {hashes} hashes")
    print(f"checked by the checker: {theirs * 1e6:.0f} µs = {theirs / bare:.1f} × the bare hashes")
    return int(size > _LARGEST or max(ours, theirs) > _SLOWEST)


def _leaf(n: int) -> Leaf:
    salt = hashlib.sha256(n.to_bytes(8, "big")).hexdigest()[:22]
    return Leaf(f"r-{n:016x}", "wipe", "Outcome.residue_possible", "2026-11-21T10:00:00Z", salt)


def _checker() -> ModuleType:
    """The file that is handed out, loaded and kept quiet."""
    path: Path = resource("checker/check_certificate.py")
    spec = importlib.util.spec_from_file_location("check_certificate", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.say = lambda ok, text: None if ok else module.wrong.append(text)  # type: ignore[attr-defined]  # its own printing
    return module


def _time(act: Callable[[], object]) -> float:
    """Seconds of one call: the median of many."""
    taken = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
