"""The journal for a log collector: syslog (RFC 5424), CEF, or OCSF; one line an entry.

What is exported names files by their ids only, as the journal does. The lines can't be
verified by themselves: each carries the number and the hash of its entry, with which
it is found again in the journal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

from app import __version__
from app.domain.canonical import canonical
from app.domain.fault import Fault, Refused
from app.journal.entry import BadLine, Entry
from app.journal.segments import Reading, first_segment


class Format(Enum):
    """How the journal is exported."""

    SYSLOG = "syslog"
    CEF = "cef"
    OCSF = "ocsf"


_FACILITY: Final = 13
"""Log audit (RFC 5424, table 1)."""
_INFORMATIONAL, _NOTICE, _WARNING = 6, 5, 4
_SD_ID: Final = "lethe@32473"
"""32473 is the enterprise number kept for documentation (RFC 5612): Lethe has none of its own."""
_CEF_SEVERITY: Final = {_INFORMATIONAL: 2, _NOTICE: 5, _WARNING: 8}
_OCSF_SEVERITY: Final = {_INFORMATIONAL: 1, _NOTICE: 1, _WARNING: 3}
_OCSF: Final = "1.3.0"
_FILE: Final = "Outcome."
_BAD: Final = frozenset({"failed", "survives", "not_sealed"})
_GONE: Final = frozenset({"proven", "overwritten", "key_destroyed", "residue_possible", "removed"})
_UNSAFE: Final = re.compile(r"[^\x21-\x7e]")


def export(path: Path, form: Format) -> Iterator[bytes]:
    """Give each entry as one line, newline included. `path` is any segment of the journal.

    Raises:
        Refused: JOURNAL_BROKEN at the line that breaks the chain, after those before it;
            CASE_NOT_FOUND.
    """
    at = Reading(first_segment(path))
    write = _WRITERS[form]
    try:
        for entry in at:
            yield write(entry)
    except BadLine as bad:
        raise Refused(Fault.JOURNAL_BROKEN, str(path), bad.breach.value, line=at.count + 1) from None
    except OSError as error:
        raise Refused(Fault.CASE_NOT_FOUND, str(path), error.strerror or "") from error


def _syslog(entry: Entry) -> bytes:
    """One RFC 5424 message. The text begins with a BOM, which says that it is UTF-8."""
    sd = {"n": str(entry.n), "head": entry.hash, "prev": entry.prev}
    elements = " ".join(f'{name}="{_in_sd(value)}"' for name, value in sd.items())
    header = f"<{_FACILITY * 8 + _gravity(entry)}>1 {entry.t} - lethe"
    head = f"{header} {_word(entry.run, 128)} {_word(entry.event, 32)} [{_SD_ID} {elements}] "
    return head.encode() + b"\xef\xbb\xbf" + _body(entry) + b"\n"


def _in_sd(value: str) -> str:
    return re.sub(r'(["\\\]])', r"\\\1", value)


def _word(text: str, most: int) -> str:
    """A header field: printable ASCII without spaces, "-" when there is nothing."""
    return _UNSAFE.sub("_", text)[:most] or "-"


def _cef(entry: Entry) -> bytes:
    """One CEF:0 event."""
    header = ("Lethe", "Lethe", __version__, entry.event, entry.event, _CEF_SEVERITY[_gravity(entry)])
    fields = {
        "rt": _milliseconds(entry.t),
        "externalId": entry.n,
        "deviceProcessName": f"lethe {entry.run}",
        "cs1Label": "head",
        "cs1": entry.hash,
        "cs2Label": "prev",
        "cs2": entry.prev,
    }
    if entry.event == "settled":
        fields |= {"act": entry.body.get("step"), "outcome": _outcome(entry), "fileId": entry.body.get("id")}
    fields["msg"] = _body(entry).decode()
    begun = "|".join(["CEF:0", *(_in_header(str(one)) for one in header)])
    told = " ".join(f"{name}={_in_extension(str(value))}" for name, value in fields.items())
    return f"{begun}|{told}\n".encode()


def _in_header(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\r", " ").replace("\n", " ")


def _in_extension(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("=", "\\=")
    return escaped.replace("\r", "\\r").replace("\n", "\\n")


def _ocsf(entry: Entry) -> bytes:
    """One OCSF event: File System Activity / Delete for a file that ended, else a base event."""
    deleted = entry.event == "settled" and str(entry.body.get("outcome", "")).startswith(_FILE)
    kind = 1001 if deleted else 0
    activity = 4 if deleted else 99
    event: dict[str, Any] = {
        "class_uid": kind,
        "category_uid": 1 if deleted else 0,
        "activity_id": activity,
        "activity_name": "Delete" if deleted else entry.event,
        "type_uid": kind * 100 + activity,
        "severity_id": _OCSF_SEVERITY[_gravity(entry)],
        "time": _milliseconds(entry.t),
        "metadata": {
            "version": _OCSF,
            "uid": entry.hash,
            "sequence": entry.n,
            "log_name": "journal",
            "event_code": entry.event,
            "correlation_uid": entry.run,
            "product": {"name": "Lethe", "vendor_name": "Lethe", "version": __version__},
        },
        "unmapped": {"prev": entry.prev, "body": _told(entry)},
    }
    if deleted:
        event["file"] = {"name": str(entry.body.get("id")), "type_id": 1}
        event["actor"] = {"app_name": "Lethe"}
        event["device"] = {"type_id": 0}
        event["status_id"] = 2 if _outcome(entry) in _BAD else 1
        event["status_detail"] = _outcome(entry)
    return canonical(event) + b"\n"


def _gravity(entry: Entry) -> int:
    if entry.event in ("torn", "behind") or _outcome(entry) in _BAD:
        return _WARNING
    return _NOTICE if _outcome(entry) in _GONE else _INFORMATIONAL


def _outcome(entry: Entry) -> str:
    return str(entry.body.get("outcome", "")).rpartition(".")[2]


def _milliseconds(t: str) -> int:
    """RFC 3339 to milliseconds since 1970; 0 for what is no time."""
    try:
        return round(datetime.fromisoformat(t).timestamp() * 1000)
    except ValueError:
        return 0


def _body(entry: Entry) -> bytes:
    return canonical(_told(entry))


def _told(entry: Entry) -> Mapping[str, Any]:
    """The body without the people's names and certificates, which no collector needs."""
    if "signatures" not in entry.body:
        return entry.body
    roles = [one.get("role") if isinstance(one, dict) else None for one in entry.body["signatures"]]
    return {**entry.body, "signatures": roles}


_WRITERS: Final[dict[Format, Callable[[Entry], bytes]]] = {
    Format.SYSLOG: _syslog,
    Format.CEF: _cef,
    Format.OCSF: _ocsf,
}
