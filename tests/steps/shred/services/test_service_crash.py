"""A short crash campaign of stores; `benchmarks/service_crash.py` runs the long one, as this does."""

import subprocess
import sys
from pathlib import Path

from servers import tool

BENCHMARK = Path(__file__).parents[4] / "benchmarks" / "service_crash.py"
LIAR = """
import dataclasses, runpy, sys
sys.argv = sys.argv[1:]
sys.path.insert(0, {root!r})
from app.domain.outcome import KeyOutcome
from app.steps.shred.services import contract, pkcs11

def nothing(self, handle, warrant):
    return contract.Answer()

pkcs11._Token.destroy = nothing
pkcs11._Token.verify = lambda self, handle, canary: (
    contract.Probe("find", contract.Saw.GONE), contract.Probe("canary", contract.Saw.GONE))
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def campaign(tmp_path, *command, tokens, servers):
    for name in ("softhsm2-util", "bao"):
        tool(name)
    asked = [*command, BENCHMARK, "--tokens", tokens, "--servers", servers, "--dir", tmp_path]
    return subprocess.run(
        [sys.executable, *map(str, asked)], capture_output=True, text=True, check=False, timeout=280
    )


def test_a_kill_in_the_midst_of_a_call_leaves_no_bad_state_and_no_false_verdict(tmp_path):
    done = campaign(tmp_path, tokens=7, servers=4)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "bad states     0" in done.stdout
    assert "kills    11" in done.stdout


def test_the_campaign_sees_a_store_that_only_says_so(tmp_path):
    liar = tmp_path / "liar.py"
    liar.write_text(LIAR.format(root=str(BENCHMARK.parent.parent)))
    done = campaign(tmp_path, liar, tokens=2, servers=0)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BAD" in done.stdout
