"""The calls of macOS, made through the standard library and ctypes. Not run on that system."""

from __future__ import annotations

import sys

if sys.platform == "darwin":
    import ctypes
    import errno
    import fcntl
    import os
    import subprocess
    from collections.abc import Sequence
    from functools import cache
    from typing import Final

    from app.system.extents import data_segments

    _STATFS_BYTES: Final = 2168
    _RENAME_EXCL: Final = 0x4
    _XATTR_SHOWCOMPRESSION: Final = 0x20
    _BIT_MAP_COUNT: Final = 5
    _ATTR_CMN_NAME: Final = 0x1
    _ATTR_CMN_RETURNED_ATTRS: Final = 0x80000000
    _ATTR_CMNEXT_EXT_FLAGS: Final = 0x200
    _FSOPT_ATTR_CMN_EXTENDED: Final = 0x20
    _PROC_ALL_PIDS: Final = 1
    _MOST_PIDS: Final = 65536
    _PATIENCE_SECONDS: Final = 60

    class _Attributes(ctypes.Structure):
        """struct attrlist of sys/attr.h."""

        _fields_ = (
            ("count", ctypes.c_ushort),
            ("reserved", ctypes.c_uint16),
            ("common", ctypes.c_uint32),
            ("volume", ctypes.c_uint32),
            ("folder", ctypes.c_uint32),
            ("file", ctypes.c_uint32),
            ("fork", ctypes.c_uint32),
        )

    @cache
    def _system() -> ctypes.CDLL:
        return ctypes.CDLL("/usr/lib/libSystem.dylib", use_errno=True)

    def _sure(done: int) -> int:
        """Raise the errno of a call that gave -1."""
        if done < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return done

    class Native:
        """Each method as `Api` says."""

        def device(self, place: int | str) -> int:
            """Give st_dev."""
            return os.stat(place).st_dev

        def stat_flags(self, fd: int) -> int:
            """Give st_flags."""
            return os.fstat(fd).st_flags

        def links(self, fd: int) -> int:
            """Give st_nlink."""
            return os.fstat(fd).st_nlink

        def size(self, fd: int) -> int:
            """Give st_size."""
            return os.fstat(fd).st_size

        def statfs(self, place: int | str) -> bytes:
            """Ask the volume; on Intel the calls with 64-bit inodes have a name of their own."""
            name = "fstatfs" if isinstance(place, int) else "statfs"
            call = getattr(_system(), f"{name}$INODE64", None) or getattr(_system(), name)
            answer = ctypes.create_string_buffer(_STATFS_BYTES)
            _sure(call(place if isinstance(place, int) else os.fsencode(place), answer))
            return answer.raw

        def control(self, fd: int, command: int, question: bytes | int = 0) -> bytes:
            """fcntl(2)."""
            told = fcntl.fcntl(fd, command, question)
            return told if isinstance(told, bytes) else b""

        def runs(self, fd: int, size: int) -> Sequence[tuple[int, int]]:
            """lseek(2)."""
            return tuple(data_segments(fd, size))

        def extended_flags(self, fd: int) -> bytes:
            """fgetattrlist(2)."""
            asked = _Attributes(
                count=_BIT_MAP_COUNT, common=_ATTR_CMN_RETURNED_ATTRS, fork=_ATTR_CMNEXT_EXT_FLAGS
            )
            answer = ctypes.create_string_buffer(64)
            options = ctypes.c_ulong(_FSOPT_ATTR_CMN_EXTENDED)
            _sure(_system().fgetattrlist(fd, ctypes.byref(asked), answer, ctypes.c_size_t(64), options))
            return answer.raw

        def attribute_names(self, fd: int) -> bytes:
            """flistxattr(2)."""
            call = _system().flistxattr
            call.restype = ctypes.c_ssize_t
            room = _sure(call(fd, None, ctypes.c_size_t(0), _XATTR_SHOWCOMPRESSION))
            answer = ctypes.create_string_buffer(room + 1)
            told = _sure(call(fd, answer, ctypes.c_size_t(room), _XATTR_SHOWCOMPRESSION)) if room else 0
            return answer.raw[:told]

        def attribute_bytes(self, fd: int, name: bytes) -> int:
            """fgetxattr(2)."""
            call = _system().fgetxattr
            call.restype = ctypes.c_ssize_t
            return _sure(call(fd, name, None, ctypes.c_size_t(0), ctypes.c_uint32(0), _XATTR_SHOWCOMPRESSION))

        def snapshots(self, mount: str) -> Sequence[bytes]:
            """fs_snapshot_list(2), asked until it has no more."""
            asked = _Attributes(count=_BIT_MAP_COUNT, common=_ATTR_CMN_RETURNED_ATTRS | _ATTR_CMN_NAME)
            room = 64 * 1024
            found: list[bytes] = []
            fd = os.open(mount, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                while True:
                    answer = ctypes.create_string_buffer(room)
                    count = _sure(
                        _system().fs_snapshot_list(
                            fd, ctypes.byref(asked), answer, ctypes.c_size_t(room), ctypes.c_uint32(0)
                        )
                    )
                    if not count:
                        return found
                    found += _entries(answer.raw, count)
            finally:
                os.close(fd)

        def users(self, path: str) -> bytes:
            """proc_listpidspath(3)."""
            answer = (ctypes.c_int * _MOST_PIDS)()
            told = _sure(
                _system().proc_listpidspath(
                    _PROC_ALL_PIDS, 0, os.fsencode(path), 0, answer, ctypes.sizeof(answer)
                )
            )
            return bytes(answer)[:told]

        def administrator(self) -> bool:
            """geteuid(2)."""
            return os.geteuid() == 0

        def rename_exclusive(self, folder: int, old: str, new: str) -> None:
            """renameatx_np(2)."""
            _sure(_system().renameatx_np(folder, os.fsencode(old), folder, os.fsencode(new), _RENAME_EXCL))

        def sync(self, fd: int) -> None:
            """fsync(2)."""
            os.fsync(fd)

        def listing(self, folder: str) -> Sequence[str]:
            """The names in a folder."""
            return os.listdir(folder)

        def run(self, *words: str) -> bytes:
            """Run a program."""
            try:
                done = subprocess.run(
                    words,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=_PATIENCE_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), words[0]) from error
            if done.returncode:
                raise OSError(errno.EIO, os.strerror(errno.EIO), words[0])
            return done.stdout

    def _entries(data: bytes, count: int) -> list[bytes]:
        """Each entry begins with its length."""
        found, at = [], 0
        for _ in range(count):
            length = int.from_bytes(data[at : at + 4], sys.byteorder)
            found.append(data[at : at + length])
            at += length
        return found
