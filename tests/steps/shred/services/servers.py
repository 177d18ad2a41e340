"""Real servers for the tests, each in a folder and on a port of its own, and ended however the test ends."""

import contextlib
import http.client
import http.server
import shutil
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

BIN = Path(sys.executable).parent


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def free_pair():
    """A port that is free together with the next one: there tpm2-tools look for the control channel."""
    for _ in range(50):
        port = free_port()
        with contextlib.suppress(OSError), socket.socket() as next_one:
            next_one.bind(("127.0.0.1", port + 1))
            return port
    raise AssertionError("no two ports in a row are free")


def tool(name):
    """The path of a tool; skips, saying so, where it is not installed."""
    found = shutil.which(name, path=f"{BIN}:/usr/local/bin:/usr/bin:/usr/sbin:/bin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@contextlib.contextmanager
def running(command, log, **more):
    """A program that is ended with the test."""
    with Path(log).open("wb") as file:
        process = subprocess.Popen(
            [str(one) for one in command], stdout=file, stderr=file, stdin=subprocess.DEVNULL, **more
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def until(works, seconds=120):
    """Wait until this no longer fails, and give what it gives."""
    end = time.monotonic() + seconds
    while True:
        try:
            return works()
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


@contextlib.contextmanager
def hung_server():
    """A port that takes every connection and never says a word."""
    heard, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()
    kept = []

    def listen():
        heard.settimeout(0.1)
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                kept.append(heard.accept()[0])

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield heard.getsockname()[1]
    finally:
        stop.set()
        thread.join()
        for one in (*kept, heard):
            one.close()


@contextlib.contextmanager
def slow_server():
    """A port that answers a byte at a time, for ever."""
    heard, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def drip(one):
        with one, contextlib.suppress(OSError):
            one.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not stop.wait(0.05):
                one.sendall(b"x")

    threads = []

    def listen():
        heard.settimeout(0.1)
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                threads.append(threading.Thread(target=drip, args=(heard.accept()[0],)))
                threads[-1].start()

    listening = threading.Thread(target=listen)
    listening.start()
    try:
        yield heard.getsockname()[1]
    finally:
        stop.set()
        listening.join()
        for one in threads:
            one.join()
        heard.close()


@dataclass
class Relay:
    """A server before a real one. A rule may answer in its place, or change what it answered.

    A rule is asked with the request as text, its headers first, and a call that gives the real
    answer; what it gives is a status and a body, or None when it leaves the request alone.
    """

    url: str
    rules: list = field(default_factory=list)

    def answer(self, asked, real):
        told = (rule(asked, real) for rule in self.rules)
        return next((one for one in told if one is not None), None) or real()


@contextlib.contextmanager
def relay(url):
    """Stand before the server at this address."""
    there = urlsplit(url).netloc

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = f"{self.command} {self.path}\n{self.headers}\n{body.decode('utf-8', 'replace')}"

            def real():
                with contextlib.closing(http.client.HTTPConnection(there, timeout=30)) as beyond:
                    beyond.request(self.command, self.path, body, dict(self.headers))
                    told = beyond.getresponse()
                    return told.status, told.read()

            status, said = before.answer(asked, real)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PUT = do_DELETE = do_LIST = handle_any  # noqa: N815 the names are the library's

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    before = Relay(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield before
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Bao:
    """An OpenBao server with raft storage, unsealed, and a root client."""

    def __init__(self, client, url, unseal):
        self.client, self.url, self.unseal = client, url, unseal
        self.root = client.token

    def token(self, *rules):
        """A token that may do just this: ("path", "read list …")."""
        text = "\n".join(
            f'path "{path}" {{ capabilities = [{", ".join(f"{chr(34)}{one}{chr(34)}" for one in can.split())}] }}'
            for path, can in rules
        )
        name = f"p{time.monotonic_ns()}"
        self.client.sys.create_or_update_policy(name, text)
        return self.client.auth.token.create(policies=[name])["auth"]["client_token"]

    def snapshot(self, path):
        path.write_bytes(self.client.sys.take_raft_snapshot().content)

    def restore(self, path):
        """Put a snapshot back, as an administrator would."""
        with path.open("rb") as file:
            self.client.sys.force_restore_raft_snapshot(file)
        until(lambda: self.client.sys.submit_unseal_key(self.unseal))
        until(lambda: self.client.secrets.transit.list_keys() if not self.client.sys.is_sealed() else 1 / 0)


@contextlib.contextmanager
def bao(folder):
    hvac = pytest.importorskip("hvac")
    port = free_pair()
    other = port + 1
    (folder / "raft").mkdir(parents=True)
    url = f"http://127.0.0.1:{port}"
    (folder / "c.hcl").write_text(
        f'storage "raft" {{ path = "{folder}/raft" node_id = "n1" performance_multiplier = 1 }}\n'
        f'listener "tcp" {{ address = "127.0.0.1:{port}" tls_disable = true }}\n'
        f'api_addr = "{url}"\ncluster_addr = "http://127.0.0.1:{other}"\ndisable_mlock = true\n'
    )
    with running([tool("bao"), "server", "-config", folder / "c.hcl"], folder / "log"):
        client = hvac.Client(url, timeout=60)
        until(client.sys.is_initialized)
        told = client.sys.initialize(1, 1)
        client.sys.submit_unseal_key(told["keys"][0])
        client.token = told["root_token"]
        until(lambda: client.sys.enable_secrets_engine("transit"))
        client.sys.enable_secrets_engine("kv", path="secret", options={"version": "2"})
        until(lambda: client.secrets.kv.v2.create_or_update_secret("ready", {"is": "it"}))
        yield Bao(client, url, told["keys"][0])


@contextlib.contextmanager
def aws():
    """AWS as moto plays it, behind real HTTP; gives its address."""
    pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(
        ip_address="127.0.0.1", port=0, verbose=False
    )
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def redated(key, date, region="eu-west-1"):
    """Give a waiting key another date, as who calls the deletion off and schedules it anew would."""
    from moto.kms.models import kms_backends

    kms_backends["123456789012"][region].keys[key].deletion_date = date.replace(tzinfo=None)


def passed(key, region="eu-west-1"):
    """Let the waiting time of a key pass: AWS deletes it then, moto has to be told."""
    from moto.kms.models import kms_backends

    backend = kms_backends["123456789012"][region]
    del backend.keys[key]


class Tpm:
    """A software TPM with its state in a folder."""

    def __init__(self, folder, port):
        self.folder, self.tcti = folder, f"swtpm:host=127.0.0.1,port={port}"
        self.port = port

    def do(self, what, *given, data=b""):
        """Run a tool of tpm2-tools; gives whether it ended well and what it said."""
        done = subprocess.run(
            [tool(f"tpm2_{what}"), *map(str, given)], input=data, capture_output=True, timeout=120,
            check=False, cwd=self.folder, env={"PATH": "/usr/bin:/bin", "TPM2TOOLS_TCTI": self.tcti},
        )  # fmt: skip
        return done.returncode == 0, done.stdout

    def must(self, what, *given, data=b""):
        well, said = self.do(what, *given, data=data)
        assert well, (what, given)
        return said

    def seal(self, handle, text):
        """Seal a text under the owner's primary, and give it a persistent handle; its blobs stay in the folder."""
        self.must("createprimary", "-Q", "-C", "o", "-c", "p")
        self.must("create", "-Q", "-C", "p", "-i-", "-u", "k.pub", "-r", "k.priv", data=text)
        self.must("flushcontext", "-t")
        self.must("load", "-Q", "-C", "p", "-u", "k.pub", "-r", "k.priv", "-c", "k")
        self.must("evictcontrol", "-Q", "-C", "o", "-c", "k", handle)
        self.must("flushcontext", "-t")

    def reload(self, handle):
        """Load the blobs again, as who kept them would."""
        self.must("createprimary", "-Q", "-C", "o", "-c", "p")
        self.must("flushcontext", "-t")
        well, _ = self.do("load", "-Q", "-C", "p", "-u", "k.pub", "-r", "k.priv", "-c", "k")
        if well:
            self.must("evictcontrol", "-Q", "-C", "o", "-c", "k", handle)
        self.must("flushcontext", "-t")
        return well

    def unseal(self, handle):
        well, said = self.do("unseal", "-c", handle)
        self.must("flushcontext", "-t")
        return said if well else None


@contextlib.contextmanager
def tpm(folder):
    folder.mkdir(exist_ok=True)
    state = folder / "state"
    state.mkdir(exist_ok=True)
    tool("tpm2_clear")
    port = free_pair()
    command = [
        tool("swtpm"), "socket", "--tpm2", "--tpmstate", f"dir={state}", "--server", f"type=tcp,port={port}",
        "--ctrl", f"type=tcp,port={port + 1}", "--flags", "not-need-init,startup-clear",
    ]  # fmt: skip
    with running(command, folder / "log"):
        one = Tpm(folder, port)
        until(lambda: one.must("getcap", "properties-fixed"), 10)
        yield one
