"""Real servers for a test run: started in a folder of their own as an unprivileged user, always ended."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "officer's secret 口令"


@dataclass
class Running:
    """A server: where it answers, where its files are, and the process."""

    port: int
    data: Path
    process: subprocess.Popen[bytes]

    def pause(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _somebody(*names: str) -> str | None:
    """A user without rights to run a server as, where we are root: servers refuse to run as root."""
    if os.geteuid() != 0:
        return None
    for name in (*names, "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    pytest.skip("no unprivileged user to run a server as")


@contextmanager
def _folder(user: str | None) -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="lethe-server-"))
    if user:
        shutil.chown(place, user)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGINT if "postgres" in str(process.args) else signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _until(answers: Callable[[], Any], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            answers()
        except Exception:
            if time.monotonic() > deadline or process.poll() is not None:
                raise
            time.sleep(0.1)
        else:
            return


@contextmanager
def _on_a_port(
    command: Callable[[int], list[str]], answers: Callable[[int], Any], user: str | None, folder: Path
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A server on a free port: on another one, where somebody took that before the server did."""
    for _ in range(5):
        port = free_port()
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(command(port), user=user, cwd=folder, stdout=log, stderr=log)
        with _ended(process):
            try:
                _until(partial(answers, port), process)
            except Exception:
                if process.poll() is None:
                    raise
                continue
            yield port, process
            return
    raise AssertionError((folder / "log").read_text(errors="replace"))


def _tool(*names: str) -> str:
    folders = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    path = os.pathsep.join([*folders, "/usr/sbin", "/usr/bin", os.environ.get("PATH", "")])
    found = next((tool for name in names if (tool := shutil.which(name, path=path))), None)
    if not found:
        pytest.skip(f"{names[0]} is not installed")
    return found


@contextmanager
def postgresql() -> Iterator[Running]:
    import pg8000.dbapi

    initdb, server, user = _tool("initdb"), _tool("postgres"), _somebody("postgres")
    with _folder(user) as folder:
        word, data = folder / "word", folder / "data"
        word.write_text(PASSWORD, encoding="utf-8")
        if user:
            shutil.chown(word, user)
        made = [initdb, "-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", word, "-E", "UTF8"]
        subprocess.run(
            [*made, "--locale=C.UTF-8", "-N"], check=True, user=user, cwd=folder, capture_output=True
        )
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
        }
        args = [server, "-D", str(data), *(x for k, v in options.items() for x in ("-c", f"{k}={v}"))]

        def answers(port: int) -> None:
            pg8000.dbapi.connect("postgres", "127.0.0.1", port=port, password=PASSWORD, timeout=30).close()

        with _on_a_port(lambda port: [*args, "-p", str(port)], answers, user, folder) as (port, process):
            yield Running(port, data, process)


@contextmanager
def mariadb() -> Iterator[Running]:
    import pymysql

    install, server, user = _tool("mariadb-install-db"), _tool("mariadbd"), _somebody("mysql")
    with _folder(user) as folder:
        data = folder / "data"
        made = [
            install,
            "--no-defaults",
            f"--datadir={data}",
            f"--tmpdir={folder}",
            "--auth-root-authentication-method=normal",
        ]
        subprocess.run([*made, "--skip-test-db"], check=True, user=user, cwd=folder, capture_output=True)
        options = [
            f"--datadir={data}",
            f"--tmpdir={folder}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            f"--socket={folder}/s",
        ]
        options += ["--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", f"--pid-file={folder}/pid"]
        options += ["--character-set-server=utf8mb4", "--innodb-flush-log-at-trx-commit=0"]
        args, socket_file = [server, "--no-defaults", *options], f"{folder}/s"

        def answers(_: int) -> None:
            pymysql.connect(unix_socket=socket_file, user="root").close()

        with _on_a_port(lambda port: [*args, f"--port={port}"], answers, user, folder) as (port, process):
            with (
                pymysql.connect(unix_socket=socket_file, user="root", autocommit=True) as root,
                root.cursor() as cursor,
            ):
                cursor.execute("CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY %s", (PASSWORD,))
                cursor.execute("GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION")
            yield Running(port, data, process)
