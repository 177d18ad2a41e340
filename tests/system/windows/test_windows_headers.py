"""The numbers and layouts against the headers of a Windows compiler, where one is installed."""

import shutil
import subprocess

import pytest

from app.system.windows import api, disk, extents, handles, identity, limits, media, streams
from app.system.windows.volumes import VolumeFlag

COMPILER = shutil.which("x86_64-w64-mingw32-gcc")
HEAD = "#define _WIN32_WINNT 0x0A00\n" + "".join(
    f"#include <{name}.h>\n" for name in ("windows", "winioctl", "restartmanager", "powrprof", "stddef")
)
SAME = {
    "sizeof(RM_PROCESS_INFO)": handles._PROCESS.size,
    "offsetof(RM_PROCESS_INFO, strServiceShortName)": 524,
    "sizeof(WIN32_FIND_STREAM_DATA)": streams._FOUND.size,
    "offsetof(FILE_STREAM_INFO, StreamName)": streams._ENTRY.size,
    "sizeof(FILE_STANDARD_INFO)": extents._STANDARD.size,
    "offsetof(FILE_STANDARD_INFO, NumberOfLinks)": 16,
    "sizeof(FILE_ATTRIBUTE_TAG_INFO)": extents._TAG.size,
    "sizeof(FILE_ID_INFO)": identity._ID.size,
    "sizeof(FILE_STORAGE_INFO)": disk._STORAGE.size,
    "offsetof(FILE_RENAME_INFO, FileName)": disk._RENAME.size,
    "offsetof(FILE_RENAME_INFO, FileNameLength)": disk._RENAME.size - 4,
    "offsetof(STORAGE_DEVICE_DESCRIPTOR, BusType)": media._DESCRIPTOR.size - 8,
    "sizeof(STORAGE_PROPERTY_QUERY)": media._QUERY.size,
    "offsetof(DEVICE_SEEK_PENALTY_DESCRIPTOR, IncursSeekPenalty)": media._TRUTH.size - 1,
    "offsetof(DEVICE_TRIM_DESCRIPTOR, TrimEnabled)": media._TRUTH.size - 1,
    "sizeof(DISK_EXTENT)": media._EXTENT.size,
    "offsetof(VOLUME_DISK_EXTENTS, Extents)": media._EXTENTS_HEAD,
    "offsetof(RETRIEVAL_POINTERS_BUFFER, Extents)": extents._HEAD.size,
    "offsetof(SYSTEM_POWER_CAPABILITIES, HiberFilePresent)": limits._HIBERNATION_FILE,
    "FSCTL_GET_RETRIEVAL_POINTERS": api.FSCTL_GET_RETRIEVAL_POINTERS,
    "CTL_CODE(FILE_DEVICE_FILE_SYSTEM, 244, METHOD_NEITHER, FILE_ANY_ACCESS)": (
        api.FSCTL_GET_RETRIEVAL_POINTERS_AND_REFCOUNT
    ),
    "FSCTL_QUERY_ALLOCATED_RANGES": api.FSCTL_QUERY_ALLOCATED_RANGES,
    "CTL_CODE(FILE_DEVICE_FILE_SYSTEM, 130, METHOD_BUFFERED, FILE_WRITE_DATA)": api.FSCTL_FILE_LEVEL_TRIM,
    "IOCTL_STORAGE_QUERY_PROPERTY": api.IOCTL_STORAGE_QUERY_PROPERTY,
    "IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS": api.IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS,
    "StorageDeviceSeekPenaltyProperty": media._SEEK_PENALTY,
    "StorageDeviceTrimProperty": media._TRIM,
    "FileStandardInfo": api.STANDARD_INFO,
    "FileRenameInfo": api.RENAME_INFO,
    "FileDispositionInfo": api.DISPOSITION_INFO,
    "FileEndOfFileInfo": api.END_OF_FILE_INFO,
    "FileStreamInfo": api.STREAM_INFO,
    "FileAttributeTagInfo": api.ATTRIBUTE_TAG_INFO,
    "FileStorageInfo": api.STORAGE_INFO,
    "FileIdInfo": api.ID_INFO,
    "FILE_FLAG_NO_BUFFERING": api.NO_BUFFERING,
    "FILE_FLAG_WRITE_THROUGH": api.WRITE_THROUGH,
    "FILE_FLAG_BACKUP_SEMANTICS": api.BACKUP_SEMANTICS,
    "FILE_FLAG_OPEN_REPARSE_POINT": api.OPEN_REPARSE_POINT,
    "GENERIC_READ": api.GENERIC_READ,
    "GENERIC_WRITE": api.GENERIC_WRITE,
    "DELETE": api.DELETE,
    "SYNCHRONIZE": api.SYNCHRONIZE,
    "FILE_LIST_DIRECTORY": api.LIST_DIRECTORY,
    "FILE_ADD_FILE": api.ADD_FILE,
    "FILE_NAMED_STREAMS": VolumeFlag.NAMED_STREAMS,
    "FILE_READ_ONLY_VOLUME": VolumeFlag.READ_ONLY,
    "FILE_SUPPORTS_HARD_LINKS": VolumeFlag.HARD_LINKS,
    "FILE_VOLUME_IS_COMPRESSED": VolumeFlag.IS_COMPRESSED,
    "FILE_ATTRIBUTE_COMPRESSED": extents.FileFlag.COMPRESSED,
    "FILE_ATTRIBUTE_ENCRYPTED": extents.FileFlag.ENCRYPTED,
    "FILE_ATTRIBUTE_SPARSE_FILE": extents.FileFlag.SPARSE,
    "FILE_ATTRIBUTE_REPARSE_POINT": extents.FileFlag.REPARSE_POINT,
    "FILE_ATTRIBUTE_OFFLINE": extents.FileFlag.OFFLINE,
    "(DWORD)IO_REPARSE_TAG_WOF": extents._WOF,
    "(DWORD)IO_REPARSE_TAG_CLOUD": extents._CLOUD,
    "ERROR_HANDLE_EOF": api.HANDLE_EOF,
    "ERROR_MORE_DATA": api.MORE_DATA,
    "DRIVE_REMOTE": 4,
    "BusTypeiScsi": 9,
    "BusTypeSpaces": 16,
    "BusTypeFileBackedVirtual": 15,
}


@pytest.mark.skipif(COMPILER is None, reason="no Windows compiler here (gcc-mingw-w64-x86-64)")
def test_every_number_is_the_one_of_the_headers(tmp_path):
    source = tmp_path / "same.c"
    lines = [f'_Static_assert(({said}) == {int(ours)}u, "{said}");' for said, ours in SAME.items()]
    source.write_text(HEAD + "\n".join(lines) + "\n")
    done = subprocess.run([COMPILER, "-fsyntax-only", source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
