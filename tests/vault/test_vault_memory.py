"""Keys in memory: looked for from another process, and in core dumps, while a vault is open and after."""

import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from other_process import held, in_file
from vaults import CASE, SECRET

from app.domain.vaulting import Suite
from app.register import register_key
from app.system.memory import Secret, fill_with_random, secrets_of, wipe, wipe_text
from app.vault import REGISTER, Cost, Factors
from app.vault.keys import read_keys
from app.vault.unlocking import FLOOR_KIB, Known

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/PID/mem")

CHILD = """
import gc, hashlib, io, json, os, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
import app.system.memory as memory
from app.vault import splitting, unlocking, Cost, Factors, REGISTER, Store, Suite, Vault
from app.register import Register, case_keys, register_key

# Random bytes come from a file that the watcher knows; they go straight into the memory asked for.
source, told = open("random", "rb", buffering=0), []
def known(into):
    told.append((source.tell(), len(into)))
    at = 0
    while at < len(into):
        at += source.readinto(into[at:])
for room in (memory, splitting, unlocking):
    room.fill_with_random = known

def wait(mark):
    gc.collect()
    print(json.dumps([mark, told]), flush=True)
    sys.stdin.readline()

factors = Factors(bytes.fromhex(sys.argv[1]), passphrase="a passphrase")
folder, case, suite = Path("case"), sys.argv[2], Suite(sys.argv[3])
folder.mkdir()
vault = Vault.create(folder, factors, case, suite=suite, cost=Cost(64 << 10, 1))
people = [hashlib.sha256(str(n).encode()).digest()[:16] for n in range(8)]
vault.add([REGISTER, *people])
with vault.key(REGISTER) as root, register_key(root) as key:
    Register.create(folder / "register.db", key).close()
store, body = Store(vault), os.urandom(3 << 20)
for one in people[:5]:
    store.keep(one, "r-1", io.BytesIO(body))
vault.close()
vault = Vault.open(folder, factors, case)
with vault.key(REGISTER) as root:
    keys = case_keys(root)
    with register_key(root) as key:
        register = Register.open(folder / "register.db", key)
store = Store(vault)
assert store.take(people[0], "r-1", io.BytesIO()) == len(body)
store.shred(people[:1])
register.set_fact("x", 1)
register.commit()
wait("open")
register.close()
vault.close()
wait("closed")
"""


@pytest.fixture
def child(tmp_path, request):
    """A process that has used a vault in every way and holds it open; talks to us in lines of JSON."""
    (tmp_path / "random").write_bytes(os.urandom(8 << 20))
    root = Path(__file__).parent.parent.parent
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, SECRET.hex(), CASE, request.param.value],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    yield process
    process.kill()
    process.wait()


def mark(process):
    line = process.stdout.readline()
    assert line, "the child ended early"
    return json.loads(line)


def go_on(process):
    process.stdin.write("\n")
    process.stdin.flush()


def needles_of(folder, told, suite):
    """Every key there was, its halves, and what was derived of it."""
    body, size = (folder / "random").read_bytes(), suite.key_bytes
    keys = {}
    for at, length in told:
        if length % size == 0 and length <= 64 * size:
            keys |= {f"{at + n}": body[at + n : at + n + size] for n in range(0, length, size)}
        if length == 32:
            keys[f"{at} of the slot"] = body[at : at + 32]
    keys |= derived(folder, body, told, suite)
    keys = {name: key for key, name in {key: name for name, key in keys.items()}.items()}
    for name, key in list(keys.items()):
        keys[f"{name}, hex"] = key.hex().encode()
        keys[f"{name}, first half"], keys[f"{name}, second half"] = key[: len(key) // 2], key[len(key) // 2 :]
    assert len(keys) > 4 * 15
    return keys


def derived(folder, body, told, suite):
    """The unlock key of the present generation and the register's key: made of what is known here."""
    read = next(read for number in (0, 1) if (read := read_keys(folder / f"case/vault/keys.{number}")))
    head, found = read.keys.head, {}
    known = Known(Factors(SECRET, "a passphrase"), head)
    for at, length in told:
        if length == 32:
            with Secret.of(body[at : at + 32]) as slot, Secret(suite.key_bytes) as unlock:
                known.unlock_key(head, CASE, slot, unlock.view)
                found[f"unlock key of {at}"] = bytes(unlock.view)
    root = next(at for at, length in told if length == 9 * suite.key_bytes)
    place = sorted([REGISTER, *(hashlib.sha256(str(n).encode()).digest()[:16] for n in range(8))]).index(
        REGISTER
    )
    start = root + place * suite.key_bytes
    with register_key(memoryview(body[start : start + suite.key_bytes])) as key:
        found["register"] = bytes(key)
    return found


@needs_proc
@pytest.mark.parametrize("child", list(Suite), ids=lambda suite: suite.value, indirect=True)
def test_no_key_is_left_in_memory(child, tmp_path, request):
    suite = request.node.callspec.params["child"]
    where, told = mark(child)
    assert where == "open"
    needles = needles_of(tmp_path, told, suite)
    living = held(child.pid, needles)
    # The master of the present generation, once; nothing else, and nothing of any customer.
    whole = [name for name in living if "half" not in name]
    assert len(whole) == 1, living
    assert set(living.values()) == {1}
    go_on(child)
    assert mark(child)[0] == "closed"
    assert held(child.pid, needles) == {}


@needs_proc
@pytest.mark.parametrize("child", [Suite.AES], ids=lambda suite: suite.value, indirect=True)
def test_a_core_dump_by_a_debugger_holds_no_key(child, tmp_path):
    if not shutil.which("gcore"):
        pytest.skip("needs gcore, of gdb")
    _, told = mark(child)
    needles = needles_of(tmp_path, told, Suite.AES)
    assert held(child.pid, needles), "the search finds what is there"
    subprocess.run(["gcore", "-o", tmp_path / "dump", str(child.pid)], check=True, capture_output=True)
    (dump,) = tmp_path.glob("dump*")
    assert in_file(dump, {"the case, which is no secret": CASE.encode()})
    assert in_file(dump, needles) == {}


@needs_proc
@pytest.mark.parametrize("child", [Suite.AES], ids=lambda suite: suite.value, indirect=True)
def test_the_kernel_s_own_core_dump_holds_no_key(child, tmp_path):
    if Path("/proc/sys/kernel/core_pattern").read_text().strip() not in ("core", "core.%p"):
        pytest.skip("core dumps are not written to the working folder here")
    _, told = mark(child)
    needles = needles_of(tmp_path, told, Suite.AES)
    os.kill(child.pid, signal.SIGABRT)
    child.wait()
    (dump,) = tmp_path.glob("core*")
    assert in_file(dump, {"the case, which is no secret": CASE.encode()})
    assert in_file(dump, needles) == {}


@needs_proc
def test_pages_are_locked_and_left_out_of_dumps_and_children():
    with Secret.random(32) as secret:
        assert secret.locked
        smaps = Path("/proc/self/smaps").read_text()
        import ctypes

        address = ctypes.addressof(ctypes.c_char.from_buffer(secret.view))
        at = smaps.index(f"{address & ~0xFFF:x}-") if f"{address & ~0xFFF:x}-" in smaps else None
        if at is not None:
            flags = (
                smaps[at : smaps.index("\n", smaps.index("VmFlags", at))].rpartition("VmFlags:")[2].split()
            )
            assert {"lo", "dd", "wf"} <= set(flags)
        child = os.fork()
        if not child:
            os._exit(any(secret.view))
        assert os.waitpid(child, 0)[1] == 0, "a child sees zeros"
        assert any(secret.view)


def test_a_secret_is_zeros_when_it_is_let_go():
    secret = Secret.of(b"abc", bytearray(b"de"))
    looking = secret.view[1:]
    assert (bytes(secret.view), len(secret)) == (b"abcde", 5)
    secret.close()
    secret.close()
    assert bytes(looking) == bytes(4)
    with pytest.raises(TypeError):
        __import__("pickle").dumps(Secret(3))
    assert repr(Secret(3)) == "<Secret>"


def test_random_bytes_fill_everything():
    memory = memoryview(bytearray(100_000))
    fill_with_random(memory)
    assert bytes(memory).count(0) < 1000
    assert b"\0" * 16 not in bytes(memory)
    fill_with_random(memory[:0])


@pytest.mark.parametrize("size", [2, 3, 40, 82, 1000])
def test_texts_and_buffers_are_overwritten(size):
    text, after = ("".join(chr(97 + n % 26) for n in range(size)) for _ in range(2))
    beside = bytes(text, "ascii")
    wipe_text(text)
    assert list(map(ord, text)) == [0] * size
    assert after.encode() == beside, "and nothing beside it"
    kept = "忘川" * 3
    wipe_text(kept)
    assert kept == "忘川" * 3
    buffer = bytearray(b"secret")
    wipe(buffer)
    wipe(bytearray())
    assert buffer == bytes(6)


def test_more_than_may_be_locked_is_said():
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if os.geteuid() == 0 or soft == resource.RLIM_INFINITY:
        code = (
            "import resource, os; from app.system.memory import Secret, _libc; _libc();"
            "resource.setrlimit(resource.RLIMIT_MEMLOCK, (4096, 4096));"
            "os.setgid(65534); os.setuid(65534); s = Secret(1 << 20); print(s.locked, len(s))"
        )
        root = Path(__file__).parent.parent.parent
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root
        )
        assert done.stdout.split() == ["False", str(1 << 20)], done.stderr
    else:
        with Secret(soft + mmap_page()) as secret:
            assert not secret.locked
    assert hard >= soft or hard == resource.RLIM_INFINITY


def mmap_page():
    import mmap

    return mmap.PAGESIZE


def test_secrets_are_overwritten_when_the_block_fails():
    left = []

    def fails():
        with secrets_of(4, 4) as (one, two):
            one.view[:] = b"abcd"
            left.extend((one.view[:], two.view[:]))
            raise OSError("x")

    with pytest.raises(OSError, match="x"):
        fails()
    assert [bytes(view) for view in left] == [bytes(4)] * 2


def test_the_floor_is_what_the_tests_pay():
    assert Cost(FLOOR_KIB, 1).memory_kib == 64 << 10
