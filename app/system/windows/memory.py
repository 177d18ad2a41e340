"""Memory of Windows that holds keys, by VirtualLock and BCryptGenRandom; not run on that system."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes
    from ctypes.wintypes import BOOL, LPVOID, ULONG

    _SYSTEM_PREFERRED = 0x00000002
    """bcrypt.h, BCRYPT_USE_SYSTEM_PREFERRED_RNG."""

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _bcrypt = ctypes.WinDLL("bcrypt")
    _kernel.VirtualLock.argtypes = (LPVOID, ctypes.c_size_t)
    _kernel.VirtualLock.restype = BOOL
    _bcrypt.BCryptGenRandom.argtypes = (LPVOID, LPVOID, ULONG, ULONG)
    _bcrypt.BCryptGenRandom.restype = ctypes.c_long

    def lock(address: int, length: int) -> bool:
        """Keep pages in memory (VirtualLock). False when the working set of the process is too small."""
        return bool(_kernel.VirtualLock(address, length))

    def fill_with_random(memory: memoryview) -> None:
        """Fill memory with random bytes of the system.

        Raises:
            OSError: when BCryptGenRandom gives none.
        """
        if memory.nbytes:
            first = ctypes.addressof(ctypes.c_char.from_buffer(memory))
            if _bcrypt.BCryptGenRandom(None, first, memory.nbytes, _SYSTEM_PREFERRED):
                raise OSError("BCryptGenRandom")
