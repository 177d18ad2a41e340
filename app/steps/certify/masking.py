"""How a file's name may appear on what leaves the case: in full, masked, as a handle, or not at all."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

from app.domain.case import NameLevel

_DEPTH: Final = 2
"""Folders below the location whose masked names are kept; deeper ones become one ellipsis."""
_TAIL: Final = re.compile(
    r"(身份证|护照|驾驶证|驾照|户口本|合同|简历|病历|保单|发票|回执|聊天记录|通讯录|名单)"
)
_EXTENSION: Final = re.compile(
    r"\.(?:7z|accdb|age|asc|bak|bin|bmp|bz2|cer|conf|crt|csv|dat|db|dbf|der|doc|docm|docx|dwg|eml|emlx|"
    r"et|gif|gpg|gz|heic|htm|html|ini|jpeg|jpg|json|jsonl|key|log|m4a|mbox|md|mdb|mht|mov|mp3|mp4|"
    r"msg|odp|ods|odt|ofd|p12|pdf|pem|pfx|png|ppt|pptx|ps1|pst|py|rar|rtf|sh|sql|sqlite|sqlite3|"
    r"svg|swp|tar|tgz|tif|tiff|tmp|toml|tsv|txt|vcf|wav|webp|wps|xls|xlsb|xlsm|xlsx|xml|xz|yaml|"
    r"yml|zip|zst|parquet|geojson)"
)
"""What a kind of file is called. Any other word behind a dot may be somebody's name."""


def masked(path: str, location: str, level: NameLevel, key: bytes) -> str:
    """Give the name of `path` as the certificate may show it.

    FULL is the path below its location. MASKED keeps the first character of each
    name, a document word such as 身份证, and the extension: `客*/张*_身份证…pdf`;
    folders are kept to two levels and no digit stays. HANDLE is the extension and
    16 hex digits of HMAC-SHA256(key, NFC path), which says nothing without the key.
    NONE is empty.
    """
    if level is NameLevel.NONE:
        return ""
    if level is NameLevel.HANDLE:
        return handle_of(path, key)
    parts = _below(path, location)
    if level is NameLevel.FULL:
        return "/".join(parts)
    folders = [_masked_folder(part) for part in parts[:-1]]
    if len(folders) > _DEPTH:
        folders = [*folders[:_DEPTH], "…"]
    return "/".join([*folders, _masked_file(parts[-1])])


def handle_of(path: str, key: bytes) -> str:
    """Give the handle of a path: its extension and 16 hex digits of HMAC-SHA256(key, NFC path)."""
    normal = unicodedata.normalize("NFC", path).encode("utf-8", "surrogatepass")
    digits = hmac.new(key, normal, hashlib.sha256).hexdigest()[:16]
    extension = _extension(path.replace("\\", "/").rsplit("/", 1)[-1])
    return f"{extension[1:] or 'file'}-{digits}"


def _below(path: str, location: str) -> list[str]:
    plain, root = path.replace("\\", "/"), location.replace("\\", "/").rstrip("/")
    if root and plain.startswith(root + "/"):
        plain = plain[len(root) + 1 :]
    elif plain == root or plain.startswith("/"):
        plain = plain.rsplit("/", 1)[-1]
    return [part for part in PurePosixPath(plain).parts if part != "/"] or [plain]


def _extension(name: str) -> str:
    """The last extension, lower case, if it looks like one; a number or a person after a dot is none."""
    stem, dot, _ = name.rpartition(".")
    found = name[len(stem) :].lower() if dot and stem else ""
    return found if _EXTENSION.fullmatch(found) else ""


def _masked_folder(name: str) -> str:
    return f"{_first(name)}*"


def _masked_file(name: str) -> str:
    extension = _extension(name)
    stem = name[: len(name) - len(extension)] if extension else name
    word = _TAIL.search(stem, 1)
    middle = f"_{word[0]}" if word else ""
    return f"{_first(stem)}*{middle}…{extension[1:]}" if extension else f"{_first(stem)}*{middle}…"


def _first(name: str) -> str:
    """The first character when it is a letter and not a digit: one hanzi of a name, or one initial."""
    head = name[:1]
    return head if unicodedata.category(head or " ").startswith("L") else ""
