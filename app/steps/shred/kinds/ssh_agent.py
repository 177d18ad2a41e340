"""The SSH agent of this session: told to forget a key by its public half, and asked what it still has.

The protocol is that of draft-miller-ssh-agent, which every agent of OpenSSH's kind speaks.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from app.steps.shred.kinds.contract import Opened, PrivateKey
from app.steps.shred.kinds.pairs import openssh_half
from app.system.patience import within

_PATIENCE: Final = 20.0
"""Seconds that the agent is given for all that it is asked."""
_PIPE: Final = r"\\.\pipe\openssh-ssh-agent"
"""Where the agent of Windows listens; it is not asked, only seen."""
_LONGEST: Final = 256 << 10
"""Bytes of the longest message, as OpenSSH has it."""
_LIST, _LISTED, _REMOVE, _ADD_FOR_A_TIME = 11, 12, 18, 25
_DONE: Final = 6
_FOR_ONE_SECOND: Final = b"\1\0\0\0\1"
_MAY_LOCK: Final = "ssh-agent"
_PEER: Final = {"linux": (socket.SOL_SOCKET, 17), "darwin": (0, 2)}
"""SO_PEERCRED and LOCAL_PEERPID: either gives the number of the process at the other end first."""


def ssh_agent_quiet(_: str, keys: Opened) -> bool:
    """Have the agent of this session forget these keys. False while it has one, or can't tell.

    It is asked by the public half, whatever it calls the key: what lies beside the file as its
    `.pub` may be another's. A certificate is one more name of the same key. An agent of another
    session is not seen.
    """
    where = os.environ.get("SSH_AUTH_SOCK", _PIPE)
    if sys.platform == "win32" or not os.path.exists(where):
        return not os.path.exists(where)
    halves = [half for key in keys if (half := _half(key))]
    if keys and not halves:
        # OpenSSH has no keys of this kind.
        return True
    try:
        with socket.socket(socket.AF_UNIX) as agent:
            agent.settimeout(_PATIENCE)
            return within(_PATIENCE, lambda: _has_none(agent, where, halves))
    except (FileNotFoundError, ConnectionRefusedError):
        return True
    except (OSError, ValueError, struct.error):
        return False


def _half(key: PrivateKey) -> bytes:
    """The public half as it stands in all that an agent lists: without the name of its kind before it."""
    try:
        return _rest(openssh_half(key.secret))[1]
    except ValueError:
        return b""


def _has_none(agent: socket.socket, where: str, halves: Sequence[bytes]) -> bool:
    """Whether nothing that the agent has is of these halves; without any, nobody can say.

    An agent that is locked lists nothing, as an empty one does. Only OpenSSH's own is asked to take
    a key that nobody has, for a second: another may keep it, or ask its owner in a window.
    """
    agent.connect(where)
    for blob in _listed(agent):
        if any(half in blob for half in halves):
            _said(agent, _REMOVE, _text(blob))
    left = _listed(agent)
    if not left:
        return _peer(agent) == _MAY_LOCK and _takes_a_key(agent)
    return bool(halves) and not any(half in blob for blob in left for half in halves)


def _listed(agent: socket.socket) -> list[bytes]:
    """The public halves and certificates that it lists.

    Raises:
        ValueError, struct.error, OSError: when it does not answer, or with something else.
    """
    told = _said(agent, _LIST)
    if told[:1] != bytes([_LISTED]):
        raise ValueError("no list")
    (count,), rest = struct.unpack_from(">I", told, 1), told[5:]
    found = []
    for _ in range(count):
        blob, rest = _rest(rest)
        _, rest = _rest(rest)
        found.append(blob)
    return found


def _takes_a_key(agent: socket.socket) -> bool:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    pair = _text(public), _text(key.private_bytes_raw() + public)
    name = _text(b"ssh-ed25519")
    took = _said(agent, _ADD_FOR_A_TIME, name, *pair, _text(b"lethe"), _FOR_ONE_SECOND)
    _said(agent, _REMOVE, _text(name + pair[0]))
    return took == bytes([_DONE])


def _peer(agent: socket.socket) -> str:
    """The name of the program that listens; empty where this system does not tell."""
    import psutil

    with suppress(OSError, KeyError, psutil.Error):
        (number,) = struct.unpack_from("i", agent.getsockopt(*_PEER[sys.platform], 12))
        return str(psutil.Process(number).name())
    return ""


def _said(agent: socket.socket, number: int, *parts: bytes) -> bytes:
    """Send one message and give the answer to it."""
    agent.sendall(_text(bytes([number]) + b"".join(parts)))
    (length,) = struct.unpack(">I", _exactly(agent, 4))
    if length > _LONGEST:
        raise ValueError("far too long an answer")
    return _exactly(agent, length)


def _exactly(agent: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        part = agent.recv(length - len(found))
        if not part:
            raise ConnectionError("the agent is gone")
        found += part
    return found


def _text(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _rest(data: bytes) -> tuple[bytes, bytes]:
    """The text that some bytes begin with, and what follows it."""
    (length,) = struct.unpack_from(">I", data)
    if 4 + length > len(data):
        raise ValueError("a text that is cut")
    return data[4 : 4 + length], data[4 + length :]
