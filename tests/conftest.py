"""What tests of several rooms need alike."""

import codecs
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings

# How long an example takes is the machine's affair; all else stays as Hypothesis chose for this place.
settings.register_profile(
    "unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")


@pytest.fixture
def as_owner_alone():
    """Runs Python without the privilege of reading what is not permitted; gives the words it printed."""
    if not shutil.which("setpriv") or os.geteuid() != 0:
        pytest.skip("to give up a privilege needs root and setpriv")

    def run(script: str, *arguments: object) -> list[str]:
        without = ("--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search")
        command = ["setpriv", *without, sys.executable, "-c", script, *map(str, arguments)]
        here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        done = subprocess.run(command, env=here, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    return run


@pytest.fixture
def enterable():
    """Lets anybody enter a folder of this test, and those above it that pytest made for itself alone."""

    codecs.lookup("ascii")  # nobody may not read the interpreter's own folder, where it is found

    def let_in(folder: Path) -> None:
        ours = Path(tempfile.gettempdir()).resolve()
        for one in (folder, *folder.parents):
            if one.is_relative_to(ours) and one != ours:
                one.chmod(one.stat().st_mode | 0o055)

    return let_in


@pytest.fixture
def own_gnupg(tmp_path, monkeypatch):
    """A home of GnuPG and a cache for this test alone, as duplicity wants them; its agent ends with it.

    It does not lie with pytest's folders, however deep those are: the path of an agent's socket has room for
    107 bytes.
    """
    with tempfile.TemporaryDirectory() as home:
        monkeypatch.setenv("GNUPGHOME", home)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        yield Path(home)
        if shutil.which("gpgconf"):
            subprocess.run(["gpgconf", "--kill", "all"], capture_output=True, timeout=60, check=False)


@pytest.fixture(scope="session", autouse=True)
def no_agent_stays(tmp_path_factory):
    """GnuPG begins an agent for each home that it opens: those of the tests' homes end with the tests."""
    yield
    ours = str(tmp_path_factory.getbasetemp())
    for one in psutil.process_iter(["cmdline"]):
        if (
            any(word.startswith(ours) for word in one.info["cmdline"] or ())
            and "gpg-agent" in one.info["cmdline"][0]
        ):
            with suppress(psutil.NoSuchProcess):
                one.terminate()


HANGING = """
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
typedef unsigned long RV;
struct list { unsigned char version[2]; void *calls[68]; } all;
static RV ok(void) { return 0; }
static RV hang(void) { for (;;) pause(); }
static RV info(unsigned char *told) { memset(told, ' ', 88); told[0] = 2; told[1] = 40; return 0; }
#ifdef AT_LOAD
__attribute__((constructor)) static void loaded(void) { hang(); }
#endif
#ifdef AT_CRASH
__attribute__((constructor)) static void loaded(void) { *(volatile int *)0 = 1; }
#endif
RV C_GetFunctionList(struct list **given) {
#ifdef AT_LIST
    hang();
#endif
    all.version[0] = 2; all.version[1] = 40;
    for (int at = 0; at < 68; at++) all.calls[at] = (void *)hang;
#ifndef AT_INITIALIZE
    all.calls[0] = (void *)ok;
#endif
    all.calls[1] = (void *)ok; all.calls[2] = (void *)info;
#ifdef AT_SIGN
    struct list *true_one;
    ((RV (*)(struct list **))dlsym(dlopen(AT_SIGN, RTLD_NOW), "C_GetFunctionList"))(&true_one);
    all = *true_one;
    all.calls[0] = (void *)ok; all.calls[1] = (void *)ok; all.calls[43] = (void *)hang;
#endif
    *given = &all;
    return 0;
}
"""


@pytest.fixture
def hanging_module(tmp_path):
    """Make a real PKCS#11 module in which one call never comes back, or that crashes where it is loaded."""

    def make(where, name=""):
        if shutil.which("gcc") is None:
            pytest.skip("gcc is not installed")
        code, module = tmp_path / "hanging.c", tmp_path / f"{name or where.lower()}.so"
        code.write_text(HANGING)
        made = ["gcc", "-w", "-shared", "-fPIC", f"-D{where}", "-o", module, code]
        subprocess.run(made, check=True, timeout=60)
        return module

    return make
