"""A Samba server of our own: one share, one name, everything it keeps in one folder that goes with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from tests.in_time import soon

SMBD = shutil.which("smbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
NAME, PASSWORD = "games", "Mima-2026"  # an account that every Debian has
_CONF = """[global]
  server role = standalone server
  smb ports = {port}
  interfaces = 127.0.0.1
  bind interfaces only = yes
  disable netbios = yes
  private dir = {folder}
  lock directory = {folder}
  state directory = {folder}
  cache directory = {folder}
  pid directory = {folder}
  ncalrpc dir = {folder}/ncalrpc
  log file = {folder}/log
  passdb backend = tdbsam:{folder}/passdb.tdb
  guest account = daemon
  map to guest = never
  load printers = no
  disable spoolss = yes
  unix extensions = no
[kehu]
  path = {shared}
  read only = no
"""


def missing() -> str:
    """Say why no server can be run here; nothing where one can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a Samba server of our own needs Linux and root"
    return "" if SMBD else "no Samba: apt-get install samba"


class Share:
    """The server while it runs."""

    def __init__(self, folder: Path, shared: Path) -> None:
        self._conf = folder / "smb.conf"
        (folder / "ncalrpc").mkdir(parents=True)
        self._told = folder / "stdout"
        for _ in range(5):  # a port that was free may be another's by the time the server takes it
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            self._conf.write_text(_CONF.format(port=self.port, folder=folder, shared=shared))
            if self._begun():
                return
            self.end()
        raise TimeoutError("the server does not answer")

    def _begun(self) -> bool:
        """Begin; tell whether this very server answers."""
        assert SMBD
        told = f"{PASSWORD}\n{PASSWORD}\n".encode()
        add = ["smbpasswd", "-c", str(self._conf), "-a", "-s", NAME]
        subprocess.run(add, input=told, check=True, capture_output=True, timeout=120)
        command = [SMBD, "--foreground", "--no-process-group", f"--configfile={self._conf}"]
        with self._told.open("wb") as log:
            self._server = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        return bool(soon(lambda: self._server.poll() is not None or self._listens(), 60)) and self._listens()

    def _listens(self) -> bool:
        with suppress(psutil.Error):
            held = psutil.Process(self._server.pid).net_connections("tcp4")
            return any(one.status == psutil.CONN_LISTEN and one.laddr.port == self.port for one in held)
        return False

    def address(self, below: str = "", *, name: str = NAME, share: str = "kehu") -> str:
        """Give the address of the share, or of what is below it."""
        return f"smb://{name}@127.0.0.1:{self.port}/{share}{below}"

    def stand_still(self) -> None:
        """Have the server answer nothing any more, though its connections stand."""
        for one in self._all():
            one.send_signal(signal.SIGSTOP)

    def _all(self) -> list[psutil.Process]:
        try:
            server = psutil.Process(self._server.pid)
            return [server, *server.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def end(self) -> None:
        """End it and its children."""
        for one in self._all():
            one.kill()
        self._server.kill()
        self._server.wait()
