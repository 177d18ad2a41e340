"""Keys that are no files: declared in the case file, asked for before the list is signed, told to go then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import unquote

from app.domain.case import Case, KeySource, ServiceKey
from app.domain.fault import Fault, Refused
from app.domain.key import Key
from app.domain.plan import PlanItem
from app.flow import key_words
from app.flow.asked_as import asked_as
from app.flow.desk import Desk, Passphrase
from app.flow.toml_check import Form, Source
from app.flow.toml_check import Key as Field
from app.steps.shred.services import SERVICES, service_of
from app.steps.shred.services.asking import NOWHERE, Foreasked, foreask, inquire
from app.steps.shred.services.contract import Called

_ALWAYS: Final = ("kind", "passphrase_env")
DAYS: Final = range(7, 31)
"""What `wait` may be."""
SECONDS: Final = range(1, 301)
"""What `timeout` may be."""


def key_form(kinds: tuple[str, ...]) -> Form:
    """What may stand in `[[key]]`: of a file, or of a service."""
    text = Field(str)
    return {
        "kind": Field(str, required=True, choices=(*kinds, *SERVICES)),
        "path": text,
        "passphrase_env": text,
        "name": text,
        "url": text,
        "module": text,
        "region": text,
        "by": text,
        "paper": text,
        "wait": Field(int),
        "timeout": Field(int),
        "copies": Field(list),
        **key_words.FORM,
    }


class Paths(Protocol):
    """How a case file's paths are read."""

    @property
    def source(self) -> Source:
        """The case file."""

    def path(self, table: str, index: int, key: str, text: str) -> Path:
        """One path."""

    def paths(self, table: str, index: int, key: str, texts: list[object]) -> tuple[Path, ...]:
        """Several."""


def read_key(reader: Paths, one: Mapping[str, Any], index: int) -> KeySource | ServiceKey:
    """Read one `[[key]]`.

    Raises:
        Refused: for a key that its kind does not know or that it lacks, with the line.
    """
    kind = str(one["kind"])
    if kind not in SERVICES:
        _fits(reader, one, index, ("path", *key_words.FORM), ("path",))
        path = reader.path("key", index, "path", one["path"])
        word = key_words.read_word(reader.source, one, index)
        return KeySource(kind, path, one.get("passphrase_env", ""), word)
    service = SERVICES[kind]
    _fits(reader, one, index, service.fields, service.needs)
    for name, allowed in (("wait", DAYS), ("timeout", SECONDS)):
        if name in one and one[name] not in allowed:
            expected = f"{allowed[0]} … {allowed[-1]}"
            raise reader.source.refuse(Fault.CASE_FILE_WRONG_VALUE, "key", index, name, expected)
    values = dict(one)
    for name in ("module", "paper"):
        if name in one:
            values[name] = reader.path("key", index, name, one[name])
    return ServiceKey(**{**values, "copies": reader.paths("key", index, "copies", one.get("copies", []))})


def _fits(
    reader: Paths, one: Mapping[str, Any], index: int, fields: tuple[str, ...], needs: tuple[str, ...]
) -> None:
    known = (*_ALWAYS, *fields)
    for name in one:
        if name not in known:
            detail = ", ".join(dict.fromkeys(known))
            raise reader.source.refuse(Fault.CASE_FILE_UNKNOWN_KEY, "key", index, name, detail)
    for name in needs:
        if not one.get(name):
            raise reader.source.refuse(Fault.CASE_FILE_MISSING_KEY, "key", index, name, '"text"')


def parted(
    keys: Iterable[KeySource | ServiceKey],
) -> tuple[tuple[KeySource, ...], tuple[ServiceKey, ...]]:
    """Give the files apart from the services."""
    every = tuple(keys)
    return (
        tuple(one for one in every if isinstance(one, KeySource)),
        tuple(one for one in every if isinstance(one, ServiceKey)),
    )


def service_toml(one: ServiceKey) -> dict[str, Any]:
    """Write `[[key]]` of a service as the case file has it."""
    return {
        "kind": one.kind,
        "name": one.name,
        "passphrase_env": one.passphrase_env,
        "url": one.url,
        "module": one.module,
        "region": one.region,
        "by": one.by,
        "paper": one.paper,
        "wait": one.wait or None,
        "timeout": one.timeout if "timeout" in service_of(one.kind).fields else None,
        "copies": list(one.copies),
    }


def secret_of(source: ServiceKey, passphrase: Passphrase) -> str:
    """The token, PIN or passphrase for a store; nothing where it needs none."""
    if "passphrase_env" not in service_of(source.kind).fields:
        return ""
    return passphrase(asked_as(source), source.passphrase_env)


def described(desk: Desk, passphrase: Passphrase) -> Iterator[Key]:
    """Ask each declared store for its key.

    Raises:
        Refused: WRONG_PASSPHRASE, or what the store says.
    """
    sources = desk.case.services
    return inquire(sources, key=desk.keys.handles, passphrase=lambda one: secret_of(one, passphrase))


def foretold(case: Case, passphrase: Passphrase) -> Iterator[Foreasked]:
    """Say of each declared store what the destruction of its key would do. Changes nothing.

    Raises:
        Refused: as `described`.
    """
    return (foreask(one, secret_of(one, passphrase)) for one in case.services)


def called(case: Case, doomed: Mapping[str, Key]) -> dict[str, Called]:
    """The source of each item that is no file, by the item's id."""
    sources = {one.locator: Called(number, one) for number, one in enumerate(case.services)}
    return {item: sources[key.path] for item, key in doomed.items() if is_called(key)}


def is_called(key: Key) -> bool:
    """Whether a key is no file."""
    return key.stamp == NOWHERE


def is_file(item: PlanItem) -> bool:
    """Whether an item of a plan lies somewhere, and is not kept by a store."""
    return item.stamp != NOWHERE


def opener(
    calls: Mapping[str, Called], passphrase: Passphrase, files: Callable[[str], str]
) -> Callable[[str], str]:
    """Give the secret for an item: of its store, or as `files` does."""

    def given(item: str) -> str:
        return secret_of(calls[item].source, passphrase) if item in calls else files(item)

    return given


def refuse_own_tokens(case: Case) -> None:
    """Refuse to destroy the key on a token with which a person of the case signs.

    Raises:
        Refused: PROTECTED_PLACE with the name of the key.
    """
    own = [_parts(str(one.identity)) for one in case.people if str(one.identity).startswith("pkcs11:")]
    for service in case.services:
        wanted = _parts(service.name)
        if service.kind == "pkcs11" and any(_meet(wanted, one) for one in own):
            raise Refused(Fault.PROTECTED_PLACE, service.name, "[[key]] name")


def _parts(uri: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in uri.removeprefix("pkcs11:").split(";"))
    return {name: unquote(value) for name, _, value in pairs}


def _meet(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether both may name the same key: nothing that both tell differs."""
    return all(other.get(name, value) == value for name, value in one.items())
