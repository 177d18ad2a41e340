"""A Samba server of our own: one share, one name, everything it keeps in one folder that goes with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

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
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._conf = folder / "smb.conf"
        (folder / "ncalrpc").mkdir(parents=True)
        self._conf.write_text(_CONF.format(port=self.port, folder=folder, shared=shared))
        assert SMBD
        told = f"{PASSWORD}\n{PASSWORD}\n".encode()
        add = ["smbpasswd", "-c", str(self._conf), "-a", "-s", NAME]
        subprocess.run(add, input=told, check=True, capture_output=True, timeout=30)
        self._log = (folder / "stdout").open("wb")
        command = [SMBD, "--foreground", "--no-process-group", f"--configfile={self._conf}"]
        self._server = subprocess.Popen(
            command, stdout=self._log, stderr=self._log, stdin=subprocess.DEVNULL, start_new_session=True
        )
        self._wait()

    def address(self, below: str = "", *, name: str = NAME, share: str = "kehu") -> str:
        """Give the address of the share, or of what is below it."""
        return f"smb://{name}@127.0.0.1:{self.port}/{share}{below}"

    def _wait(self) -> None:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError("the server does not answer")

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
        self._log.close()
