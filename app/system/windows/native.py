"""The calls of Windows, made through ctypes. Nothing is read here; not run on that system."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes
    import mmap
    import msvcrt
    import os
    import subprocess
    from collections.abc import Sequence
    from ctypes import byref, create_string_buffer, create_unicode_buffer
    from ctypes.wintypes import BOOL, DWORD, HANDLE, LPCWSTR, LPVOID, LPWSTR
    from pathlib import Path
    from typing import Final
    from uuid import UUID

    from app.system.windows.api import (
        HANDLE_EOF,
        MORE_DATA,
        Answer,
        CallFailed,
        Space,
        VolumeAnswer,
    )

    _INVALID: Final = HANDLE(-1).value or 0
    _OPEN_EXISTING: Final = 3
    _LONGEST: Final = 32768
    _STREAM_DATA_BYTES: Final = 600
    _PROCESS_BYTES: Final = 668
    _SESSION_KEY: Final = 33
    _PROVIDER: Final = 2
    _PROVIDER_BYTES: Final = 1028
    _POWER_BYTES: Final = 76
    _TRIES: Final = 8
    _PATIENCE_SECONDS: Final = 60

    class _Overlapped(ctypes.Structure):
        """OVERLAPPED: where in the file a read or write begins."""

        _fields_ = (
            ("internal", ctypes.c_size_t),
            ("internal_high", ctypes.c_size_t),
            ("offset", DWORD),
            ("offset_high", DWORD),
            ("event", HANDLE),
        )

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _restart = ctypes.WinDLL("rstrtmgr")
    _PAGE_FILE = ctypes.WINFUNCTYPE(BOOL, LPVOID, LPVOID, LPCWSTR)

    _kernel.CreateFileW.argtypes = (LPCWSTR, DWORD, DWORD, LPVOID, DWORD, DWORD, HANDLE)
    _kernel.CreateFileW.restype = HANDLE
    _kernel.CloseHandle.argtypes = (HANDLE,)
    _kernel.GetFinalPathNameByHandleW.argtypes = (HANDLE, LPWSTR, DWORD, DWORD)
    _kernel.GetFileInformationByHandleEx.argtypes = (HANDLE, ctypes.c_int, LPVOID, DWORD)
    _kernel.SetFileInformationByHandle.argtypes = (HANDLE, ctypes.c_int, LPVOID, DWORD)
    _kernel.DeviceIoControl.argtypes = (HANDLE, DWORD, LPVOID, DWORD, LPVOID, DWORD, LPVOID, LPVOID)
    _kernel.ReadFile.argtypes = (HANDLE, LPVOID, DWORD, LPVOID, LPVOID)
    _kernel.WriteFile.argtypes = (HANDLE, LPVOID, DWORD, LPVOID, LPVOID)
    _kernel.FlushFileBuffers.argtypes = (HANDLE,)
    _kernel.FindFirstStreamW.argtypes = (LPCWSTR, ctypes.c_int, LPVOID, DWORD)
    _kernel.FindFirstStreamW.restype = HANDLE
    _kernel.FindNextStreamW.argtypes = (HANDLE, LPVOID)
    _kernel.FindFirstFileNameW.argtypes = (LPCWSTR, DWORD, LPVOID, LPVOID)
    _kernel.FindFirstFileNameW.restype = HANDLE
    _kernel.FindNextFileNameW.argtypes = (HANDLE, LPVOID, LPVOID)
    _kernel.FindClose.argtypes = (HANDLE,)

    def _sure(done: int, subject: str = "") -> None:
        if not done:
            raise CallFailed(ctypes.get_last_error(), subject)

    class Native:
        """Each method as `Api` says."""

        def open(self, path: str, access: int, share: int, flags: int) -> int:
            """CreateFileW."""
            handle = _kernel.CreateFileW(path, access, share, None, _OPEN_EXISTING, flags, None)
            if handle in (None, _INVALID):
                raise CallFailed(ctypes.get_last_error(), path)
            return int(handle)

        def close(self, handle: int) -> None:
            """CloseHandle."""
            _sure(_kernel.CloseHandle(handle))

        def descriptor(self, handle: int) -> int:
            """_open_osfhandle."""
            return msvcrt.open_osfhandle(handle, os.O_BINARY | os.O_NOINHERIT)

        def handle(self, fd: int) -> int:
            """_get_osfhandle."""
            return msvcrt.get_osfhandle(fd)

        def device(self, place: int | str) -> int:
            """Give st_dev."""
            return os.stat(place).st_dev

        def final_path(self, handle: int) -> str:
            """GetFinalPathNameByHandleW."""
            text = create_unicode_buffer(_LONGEST)
            _sure(_kernel.GetFinalPathNameByHandleW(handle, text, _LONGEST, 0))
            return text.value

        def information(self, handle: int, kind: int, room: int) -> bytes:
            """GetFileInformationByHandleEx. What it did not fill stays zero."""
            answer = create_string_buffer(room)
            _sure(_kernel.GetFileInformationByHandleEx(handle, kind, answer, room))
            return answer.raw

        def set_information(self, handle: int, kind: int, data: bytes) -> None:
            """SetFileInformationByHandle."""
            question = create_string_buffer(data, len(data))
            _sure(_kernel.SetFileInformationByHandle(handle, kind, question, len(data)))

        def control(self, handle: int, code: int, question: bytes, room: int) -> Answer:
            """DeviceIoControl."""
            asked = create_string_buffer(question, len(question)) if question else None
            answer, told = create_string_buffer(room), DWORD()
            done = _kernel.DeviceIoControl(
                handle, code, asked, len(question), answer, room, byref(told), None
            )
            more = not done and ctypes.get_last_error() == MORE_DATA
            if not more:
                _sure(done)
            return Answer(answer.raw[: told.value], more)

        def read(self, handle: int, offset: int, length: int) -> bytes:
            """ReadFile. An anonymous mapping begins at a page, which every sector size divides."""
            told = DWORD()
            with mmap.mmap(-1, max(length, 1)) as page:
                place = (ctypes.c_char * length).from_buffer(page)
                done = _kernel.ReadFile(handle, place, length, byref(told), byref(_at(offset)))
                del place
                if not done and ctypes.get_last_error() == HANDLE_EOF:
                    return b""
                _sure(done)
                return page[: told.value]

        def write(self, handle: int, offset: int, data: bytes | memoryview) -> int:
            """WriteFile."""
            told = DWORD()
            with mmap.mmap(-1, max(len(data), 1)) as page:
                page[: len(data)] = bytes(data)
                place = (ctypes.c_char * len(data)).from_buffer(page)
                done = _kernel.WriteFile(handle, place, len(data), byref(told), byref(_at(offset)))
                del place
                _sure(done)
                return told.value

        def flush(self, handle: int) -> None:
            """FlushFileBuffers."""
            _sure(_kernel.FlushFileBuffers(handle))

        def volume_path(self, path: str) -> str:
            """GetVolumePathNameW."""
            text = create_unicode_buffer(_LONGEST)
            _sure(_kernel.GetVolumePathNameW(path, text, _LONGEST), path)
            return text.value

        def volume_name(self, mount: str) -> str:
            """GetVolumeNameForVolumeMountPointW."""
            text = create_unicode_buffer(64)
            _sure(_kernel.GetVolumeNameForVolumeMountPointW(mount, text, 64), mount)
            return text.value

        def volume_information(self, mount: str) -> VolumeAnswer:
            """GetVolumeInformationW."""
            name, flags = create_unicode_buffer(261), DWORD()
            _sure(_kernel.GetVolumeInformationW(mount, None, 0, None, None, byref(flags), name, 261), mount)
            return VolumeAnswer(name.value, flags.value)

        def drive_type(self, mount: str) -> int:
            """GetDriveTypeW."""
            return int(_kernel.GetDriveTypeW(mount))

        def space(self, mount: str) -> Space:
            """GetDiskFreeSpaceW."""
            sectors, size, free, clusters = DWORD(), DWORD(), DWORD(), DWORD()
            _sure(_kernel.GetDiskFreeSpaceW(mount, byref(sectors), byref(size), byref(free), byref(clusters)))
            return Space(sectors.value, size.value, clusters.value)

        def streams(self, path: str) -> Sequence[bytes]:
            """FindFirstStreamW, FindNextStreamW."""
            row = create_string_buffer(_STREAM_DATA_BYTES)
            search = _kernel.FindFirstStreamW(path, 0, row, 0)
            if search in (None, _INVALID):
                raise CallFailed(ctypes.get_last_error(), path)
            found = [row.raw]
            try:
                while _kernel.FindNextStreamW(search, row):
                    found.append(row.raw)
                if ctypes.get_last_error() != HANDLE_EOF:
                    raise CallFailed(ctypes.get_last_error(), path)
            finally:
                _kernel.FindClose(search)
            return found

        def names(self, path: str) -> Sequence[str]:
            """FindFirstFileNameW, FindNextFileNameW."""
            text, room = create_unicode_buffer(_LONGEST), DWORD(_LONGEST)
            search = _kernel.FindFirstFileNameW(path, 0, byref(room), text)
            if search in (None, _INVALID):
                raise CallFailed(ctypes.get_last_error(), path)
            found = [text.value]
            try:
                while _kernel.FindNextFileNameW(search, byref(_again(room)), text):
                    found.append(text.value)
                if ctypes.get_last_error() != HANDLE_EOF:
                    raise CallFailed(ctypes.get_last_error(), path)
            finally:
                _kernel.FindClose(search)
            return found

        def users(self, path: str) -> bytes:
            """RmStartSession, RmRegisterResources, RmGetList, RmEndSession."""
            session, key = DWORD(), create_unicode_buffer(_SESSION_KEY)
            _done(_restart.RmStartSession(byref(session), 0, key), path)
            try:
                files = (LPCWSTR * 1)(path)
                _done(_restart.RmRegisterResources(session, 1, files, 0, None, 0, None), path)
                return _users(session, path)
            finally:
                _restart.RmEndSession(session)

        def sync_root(self, path: str) -> bytes:
            """CfGetSyncRootInfoByPath."""
            try:
                cloud = ctypes.WinDLL("cldapi")
            except OSError as error:
                raise CallFailed(50, "cldapi") from error
            answer, told = create_string_buffer(_PROVIDER_BYTES), DWORD()
            result = cloud.CfGetSyncRootInfoByPath(
                LPCWSTR(path), _PROVIDER, answer, _PROVIDER_BYTES, byref(told)
            )
            # An HRESULT that wraps an error of winerror.h holds it in its low half.
            _done(result & 0xFFFF, path)
            return answer.raw

        def page_files(self) -> Sequence[str]:
            """EnumPageFilesW."""
            found: list[str] = []

            def take(_context: int, _facts: int, name: str) -> int:
                found.append(name)
                return 1

            _sure(_kernel.K32EnumPageFilesW(_PAGE_FILE(take), None))
            return found

        def power(self) -> bytes:
            """GetPwrCapabilities."""
            answer = create_string_buffer(_POWER_BYTES)
            if not ctypes.WinDLL("powrprof").GetPwrCapabilities(answer):
                raise CallFailed(50, "GetPwrCapabilities")
            return answer.raw

        def windows_folder(self) -> str:
            """GetSystemWindowsDirectoryW."""
            text = create_unicode_buffer(_LONGEST)
            _sure(_kernel.GetSystemWindowsDirectoryW(text, _LONGEST))
            return text.value

        def known_folder(self, folder: str) -> str:
            """SHGetKnownFolderPath."""
            text = LPWSTR()
            ident = create_string_buffer(UUID(folder).bytes_le, 16)
            result = ctypes.WinDLL("shell32").SHGetKnownFolderPath(ident, 0, None, byref(text))
            try:
                _done(result & 0xFFFF, folder)
                return text.value or ""
            finally:
                ctypes.WinDLL("ole32").CoTaskMemFree(text)

        def run(self, *words: str) -> str:
            """Run a program of System32. It prints in the code page of the console."""
            program = Path(self.windows_folder()) / "System32" / words[0]
            try:
                done = subprocess.run(
                    [program, *words[1:]],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=_PATIENCE_SECONDS,
                    check=False,
                    creationflags=subprocess.CREATE_NO_WINDOW,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise CallFailed(2, words[0]) from error
            text = done.stdout.decode("oem", "replace")
            # vssadmin ends with 1 both when there are no shadow copies and when it may not look.
            if done.returncode and not text:
                raise CallFailed(done.returncode, words[0])
            return text

    def _at(offset: int) -> _Overlapped:
        return _Overlapped(offset=offset & 0xFFFFFFFF, offset_high=offset >> 32)

    def _again(room: DWORD) -> DWORD:
        room.value = _LONGEST
        return room

    def _done(code: int, subject: str) -> None:
        if code:
            raise CallFailed(code & 0xFFFF, subject)

    def _users(session: DWORD, path: str) -> bytes:
        """RmGetList, asked again while processes come faster than it counts them."""
        room = 16
        for _ in range(_TRIES):
            answer = create_string_buffer(room * _PROCESS_BYTES)
            needed, told, reasons = DWORD(), DWORD(room), DWORD()
            code = _restart.RmGetList(session, byref(needed), byref(told), answer, byref(reasons))
            if code != MORE_DATA:
                _done(code, path)
                return answer.raw[: told.value * _PROCESS_BYTES]
            room = needed.value + 16
        raise CallFailed(MORE_DATA, path)
