"""Hold a case file against its form: what may stand where, and at which line it does not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from app.domain.fault import Fault, Refused


@dataclass(frozen=True, slots=True)
class Key:
    """What may stand under one key. `choices` are the only texts allowed, when there are any."""

    kind: type
    required: bool = False
    choices: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What to write, for the message."""
        if self.choices:
            return " | ".join(self.choices)
        return {
            str: '"text"',
            bool: "true | false",
            int: "1234",
            date: "YYYY-MM-DD",
            list: "[ … ]",
            dict: "{ key = value }",
        }[self.kind]


Form = Mapping[str, Key]
"""The keys of one table."""

_AT_LINE: Final = re.compile(r"\(at line (\d+)")


@dataclass(frozen=True, slots=True)
class Source:
    """A case file that was read, for saying where in it something is wrong."""

    path: Path
    text: str

    def refuse(self, fault: Fault, table: str, index: int, key: str, detail: str) -> Refused:
        """Make the refusal that names the file, the key, what was expected and the line."""
        name = f"{table}.{key}" if table and key else table or key
        return Refused(fault, str(self.path), f"{name}: {detail}", self.line_of(table, index, key))

    def line_of(self, table: str, index: int, key: str) -> int:
        """The line of `key` in the `index`-th `[table]` or `[[table]]`, or of its header, or 0."""
        header = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]?\]")
        wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=|.*[{{,]\s*{re.escape(key)}\s*=")
        here, seen, at = "", -1, 0
        for number, line in enumerate(self.text.splitlines(), 1):
            if found := header.match(line):
                here = found[1]
                seen += here == table
                if (here == table and seen == index) or (not table and here == key):
                    at = at or number
            inside = here == table and (seen == index or not table)
            if key and inside and wanted.match(line):
                return number
        return at


def load(path: Path) -> tuple[Source, dict[str, Any]]:
    """Read a case file as TOML.

    Raises:
        Refused: CASE_FILE_UNREADABLE, CASE_FILE_SYNTAX with the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise Refused(Fault.CASE_FILE_UNREADABLE, str(path), reason) from error
    return parsed(path, text)


def parsed(path: Path, text: str) -> tuple[Source, dict[str, Any]]:
    """Take a text for the case file at `path`.

    Raises:
        Refused: CASE_FILE_SYNTAX with the line.
    """
    try:
        return Source(path, text), tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        raise Refused(Fault.CASE_FILE_SYNTAX, str(path), str(error), int(at[1]) if at else 0) from error


def check(source: Source, table: str, index: int, values: object, form: Form) -> dict[str, Any]:
    """Give the values of one table if each fits its form.

    Raises:
        Refused: CASE_FILE_UNKNOWN_KEY, _WRONG_TYPE, _WRONG_VALUE or _MISSING_KEY, with the line.
    """
    if not isinstance(values, dict):
        raise source.refuse(Fault.CASE_FILE_WRONG_TYPE, table, index, "", "[table]")
    for name, value in values.items():
        if name not in form:
            known = ", ".join(form)
            raise source.refuse(Fault.CASE_FILE_UNKNOWN_KEY, table, index, name, known)
        key = form[name]
        if type(value) is not key.kind:
            raise source.refuse(Fault.CASE_FILE_WRONG_TYPE, table, index, name, key.expected)
        if key.choices and value not in key.choices:
            raise source.refuse(Fault.CASE_FILE_WRONG_VALUE, table, index, name, key.expected)
    for name, key in form.items():
        if key.required and name not in values:
            raise source.refuse(Fault.CASE_FILE_MISSING_KEY, table, index, name, key.expected)
    return values
