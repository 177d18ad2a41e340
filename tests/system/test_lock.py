import signal
import subprocess
import sys

import pytest

from app.domain.fault import Fault, Refused
from app.system.lock import acquire

HOLDER = (
    "import sys, time; from pathlib import Path; from app.system.lock import acquire\n"
    "lock = acquire(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
)


def test_one_officer_at_a_time(tmp_path):
    with acquire(tmp_path) as lock:
        with pytest.raises(Refused) as refused:
            acquire(tmp_path)
        assert refused.value.fault is Fault.CASE_IN_USE
        assert refused.value.subject == str(tmp_path)
    lock.close()
    acquire(tmp_path).close()


def test_another_process_holds_it_until_it_is_killed(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Refused):
            acquire(tmp_path)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        acquire(tmp_path).close()
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


def test_a_missing_case_folder_is_not_made(tmp_path):
    with pytest.raises(FileNotFoundError):
        acquire(tmp_path / "none")
