"""Keys on a PKCS#11 token: destroyed there, and in SoftHSM's file of them overwritten first.

`name` is a PKCS#11 URI (RFC 7512) of token, serial, object and id; `module` the token's library.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import unquote_to_bytes

from typing_extensions import override

from app.domain.canonical import canonical
from app.domain.case import ServiceKey
from app.domain.outcome import Fact, Reason
from app.steps.shred.services import contract, softhsm
from app.steps.shred.services.likeness import attribute, print_of
from app.system.loading import loads

T = TypeVar("T")
_PARTS: Final = ("token", "serial", "object", "id", "type")
_BLOCK: Final = 16
_PATIENCE: Final = 0.8
"""The part of its time that the module may take to be loaded."""


@contextmanager
def _open(source: ServiceKey, secret: str) -> Iterator[contract.Keeper]:
    try:
        import pkcs11
    except ImportError:
        raise contract.Unanswered(Reason.NO_LIBRARY) from None
    wanted = _parts(source.name)
    if not loads(str(source.module), "C_GetFunctionList", source.timeout * _PATIENCE):
        raise contract.Unanswered(Reason.NO_ANSWER)
    try:
        library = pkcs11.lib(str(source.module))
        token = _token(library, wanted)
        session = _session(token, secret)
    except (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinInvalid, pkcs11.PinLocked):
        raise contract.Unanswered(Reason.WRONG_PASSPHRASE) from None
    except (pkcs11.PKCS11Error, OSError, RuntimeError):
        raise contract.Unanswered(Reason.NO_ANSWER) from None
    try:
        soft = softhsm.folder_of(bytes(token.serial), secret) if _is_soft(library) else None
        yield _Token(session, wanted, bytes(token.serial).strip(), _is_soft(library), soft)
    finally:
        with suppress(pkcs11.PKCS11Error):
            session.close()


def _session(token: Any, pin: str) -> Any:
    import pkcs11

    try:
        return token.open(rw=True, user_pin=pin)
    except pkcs11.UserAlreadyLoggedIn:
        # A person of the case signs with a key of the same token.
        return token.open(rw=True)


def _is_soft(library: Any) -> bool:
    return "softhsm" in str(library.manufacturer_id).lower()


def _parts(uri: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in uri.removeprefix("pkcs11:").split(";"):
        name, equals, value = part.partition("=")
        if name not in _PARTS or not equals or "?" in value:
            raise contract.Unanswered(Reason.GONE)
        found[name] = unquote_to_bytes(value)
    if not {"object", "id"} & set(found):
        raise contract.Unanswered(Reason.GONE)
    return found


def _token(library: Any, wanted: dict[str, bytes]) -> Any:
    tokens = [
        token
        for token in library.get_tokens()
        if wanted.get("token", b"") in (b"", token.label.encode())
        and wanted.get("serial", b"") in (b"", bytes(token.serial).strip())
    ]
    if len(tokens) != 1:
        raise contract.Unanswered(Reason.GONE)
    return tokens[0]


@dataclass(slots=True)
class _Token(contract.Keeper):
    """A session with one token. `soft` says that it is SoftHSM, `folder` where it keeps its objects."""

    session: Any = field(repr=False)
    wanted: dict[str, bytes]
    serial: bytes
    soft: bool
    folder: softhsm.TokenFolder | None = field(repr=False)

    @override
    def store(self) -> str:
        """The token's serial number; made anew, it has another one."""
        return self.serial.hex()

    @override
    def keys(self) -> tuple[contract.KeyRef, ...]:
        return tuple(self._told(one) for one in self._said(self._objects))

    def _objects(self) -> list[Any]:
        from pkcs11 import Attribute, ObjectClass

        named: dict[Any, Any] = {}
        if "object" in self.wanted:
            named[Attribute.LABEL] = self.wanted["object"].decode("utf-8", "replace")
        if "id" in self.wanted:
            named[Attribute.ID] = self.wanted["id"]
        return [
            one
            for kind in (ObjectClass.SECRET_KEY, ObjectClass.PRIVATE_KEY)
            for one in self.session.get_objects({**named, Attribute.CLASS: kind})
        ]

    def _told(self, one: Any) -> contract.KeyRef:
        from pkcs11 import Attribute

        known = [one[Attribute.CLASS].name, one.key_type.name, one.label or "", bytes(one.id or b"").hex()]
        print_ = print_of(one)
        if not print_:
            # Another key under its label and id would pass for it.
            raise contract.Unanswered(Reason.STORE_REFUSED)
        id_ = hashlib.sha256(canonical([self.serial.decode("ascii", "replace"), *known])).hexdigest()
        flags = {name: attribute(one, name, None) for name in ("EXTRACTABLE", "NEVER_EXTRACTABLE", "LOCAL")}
        safe = flags["EXTRACTABLE"] is False and flags["NEVER_EXTRACTABLE"] is True
        limits = () if safe and flags["LOCAL"] is not False else (Reason.EXPORTABLE,)
        if not self.soft:
            limits = (Reason.STORE_WORD, Reason.STORE_BACKUPS, *limits)
        facts: tuple[Fact, ...] = tuple((name.lower(), bool(value)) for name, value in flags.items())
        file = self._file(one)
        place = f"{file.parent.name}/{file.name}" if file else ""
        size = attribute(one, "MODULUS_BITS", 0) or 8 * (attribute(one, "VALUE_LEN", 0) or 0)
        algorithm = f"{one.key_type.name}-{size}" if size else str(one.key_type.name)
        return contract.KeyRef(id_, f"{id_}:{place}", algorithm, print_, limits=limits, facts=facts)

    def _file(self, one: Any) -> Path | None:
        if self.folder is None:
            return None
        label, id_ = (one.label or "").encode(), bytes(one.id or b"")
        return self.folder.file_of(int(one.object_class), label, id_)

    def _placed(self, handle: str) -> Path | None:
        """The object's file, as the handle names it; the token's folder must still be that one."""
        folder, _, name = handle.partition(":")[2].partition("/")
        if not name or self.folder is None or self.folder.path.name != folder or "/" in name:
            return None
        return self.folder.path / name

    @override
    def plan(self, key: contract.KeyRef) -> contract.Foretold:
        placed = self._placed(key.handle)
        files = (f"overwrite {placed.parent.name}/{placed.name}", "read_back") if placed else ()
        return contract.Foretold((*files, "C_DestroyObject", *(("unlink",) if placed else ())))

    @override
    def canary(self, key: contract.KeyRef) -> contract.Challenge:
        from pkcs11 import PKCS11Error

        one = self._said(self._objects)[0]
        for lay in (_lay_symmetric, _lay_rsa, _lay_signature):
            try:
                made = lay(self.session, one)
            except PKCS11Error:
                continue
            if made is not None and _opens(one, made):
                return made
        raise contract.Unanswered(Reason.CANARY_FAILED)

    @override
    def destroy(self, handle: str, warrant: contract.Warrant) -> contract.Answer:
        """Overwrite SoftHSM's file, let the token destroy the object, and try the handle once more."""
        import pkcs11

        objects, placed = self._said(self._objects), self._placed(handle)
        warrant.refuse_other(*map(self._told, objects))
        if not objects and (placed is None or not placed.exists()):
            raise contract.Unanswered(Reason.GONE)
        limits: tuple[Reason, ...] = ()
        facts: tuple[Fact, ...] = ()
        if placed and self._ours(placed, objects, warrant):
            done = softhsm.overwritten(placed, warrant)
            limits, facts = done.limits, done.facts
        elif self.soft:
            limits = (Reason.STORE_WORD, Reason.UNKNOWN_MEDIUM)
        for one in objects:
            # SoftHSM may have seen already that the file is no object any more.
            with suppress(pkcs11.ObjectHandleInvalid, pkcs11.DeviceError, pkcs11.GeneralError):
                self._refusing(one.destroy)
        if placed and not softhsm.removed(placed, warrant):
            limits += (Reason.NAME_REMAINS,)
        return contract.Answer(
            (*limits, *self._stale(objects)), (*facts, ("stale_handle", bool(self._stale(objects))))
        )

    def _ours(self, placed: Path, objects: list[Any], warrant: contract.Warrant) -> bool:
        """Whether the file at this place is the object's by now, or an overwriting of it began."""
        return any(self._file(one) == placed for one in objects) or softhsm.begun(placed, warrant)

    def _refusing(self, call: Callable[[], None]) -> None:
        import pkcs11

        try:
            call()
        except (pkcs11.UserNotLoggedIn, pkcs11.SessionReadOnly, pkcs11.TokenWriteProtected):
            raise contract.Unanswered(Reason.DENIED) from None
        except pkcs11.FunctionFailed:
            raise contract.Unanswered(Reason.STORE_REFUSED) from None

    def _stale(self, objects: list[Any]) -> tuple[Reason, ...]:
        """Whether the handle of the destroyed object still gives anything."""
        from pkcs11 import Attribute, PKCS11Error

        for one in objects:
            with suppress(PKCS11Error):
                one[Attribute.KEY_TYPE]
                return (Reason.OPEN_ELSEWHERE,)
        return ()

    @override
    def verify(self, handle: str, canary: contract.Challenge | None) -> tuple[contract.Probe, ...]:
        id_, placed = handle.partition(":")[0], self._placed(handle)
        found = any(one.id == id_ for one in self.keys())
        probes = [contract.Probe("find", contract.there(found))]
        if placed:
            probes.append(
                contract.Probe(
                    "file", contract.Saw.GONE if softhsm.holds_nothing(placed) else contract.Saw.THERE
                )
            )
        if canary:
            probes.append(contract.Probe("canary", self._said(lambda: self._any_opens(canary))))
        return tuple(probes)

    def _any_opens(self, canary: contract.Challenge) -> contract.Saw:
        """Whether any key of the token, of whatever name, answers the canary."""
        from pkcs11 import Attribute, ObjectClass

        kinds = (ObjectClass.SECRET_KEY, ObjectClass.PRIVATE_KEY)
        every = (one for kind in kinds for one in self.session.get_objects({Attribute.CLASS: kind}))
        return contract.there(any(_opens(one, canary) for one in list(every)))

    @override
    def traces(self, key: contract.KeyRef) -> contract.Traces:
        placed = self._placed(key.handle)
        mark = softhsm.secret_of(placed) if placed else b""
        if placed is None or not mark:
            return contract.Traces(untold=self.soft)
        return contract.Traces((mark,), (placed.parent.parent,), (placed,))

    def _said(self, ask: Callable[[], T]) -> T:
        import pkcs11

        try:
            return ask()
        except pkcs11.PKCS11Error:
            raise contract.Unanswered(Reason.NO_ANSWER) from None


def _lay_symmetric(session: Any, one: Any) -> contract.Challenge | None:
    import pkcs11

    if one.object_class is not pkcs11.ObjectClass.SECRET_KEY or not attribute(one, "ENCRYPT", False):
        return None
    text, start = secrets.token_bytes(32), session.generate_random(8 * _BLOCK)
    locked = bytes(one.encrypt(text, mechanism_param=start))
    return contract.Challenge("pkcs11-secret", bytes(start) + locked, hashlib.sha256(text).hexdigest())


def _lay_rsa(_: Any, one: Any) -> contract.Challenge | None:
    import pkcs11
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA1

    if one.key_type is not pkcs11.KeyType.RSA or not attribute(one, "DECRYPT", False):
        return None
    numbers = (one[pkcs11.Attribute.PUBLIC_EXPONENT], one[pkcs11.Attribute.MODULUS])
    public = rsa.RSAPublicNumbers(*(int.from_bytes(n, "big") for n in numbers)).public_key()
    text = secrets.token_bytes(32)
    scheme = padding.OAEP(padding.MGF1(SHA1()), SHA1(), None)  # noqa: S303 all that tokens offer; the canary is thrown away
    return contract.Challenge("pkcs11-rsa", public.encrypt(text, scheme), hashlib.sha256(text).hexdigest())


def _lay_signature(_: Any, one: Any) -> contract.Challenge | None:
    if not attribute(one, "SIGN", False):
        return None
    return contract.Challenge("pkcs11-sign", _signer(one), "")


def _signer(one: Any) -> bytes:
    """Which key signs, whatever its name is."""
    known = [one.key_type.name, print_of(one)]
    return hashlib.sha256(canonical(known)).digest()


def _opens(one: Any, canary: contract.Challenge) -> bool:
    """Whether a key of the token answers the canary."""
    import pkcs11

    try:
        if canary.method == "pkcs11-sign":
            how = {"mechanism": pkcs11.Mechanism.ECDSA} if one.key_type is pkcs11.KeyType.EC else {}
            return _signer(one) == canary.text and bool(one.sign(secrets.token_bytes(32), **how))
        if canary.method == "pkcs11-rsa":
            found = one.decrypt(canary.text)
        else:
            found = one.decrypt(canary.text[_BLOCK:], mechanism_param=canary.text[:_BLOCK])
    except (pkcs11.PKCS11Error, AttributeError, ValueError, TypeError):
        return False
    return hashlib.sha256(bytes(found)).hexdigest() == canary.answer


SERVICE: Final = contract.Service(
    "pkcs11",
    _open,
    ("name", "module", "passphrase_env", "timeout", "copies"),
    ("name", "module"),
    "pip install python-pkcs11",
)
