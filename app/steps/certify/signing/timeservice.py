"""Fetching time stamps (RFC 3161) from the service that a case names, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from app.domain.fault import Fault, Refused
from app.identity.names import cure_names
from app.steps.certify.signing.timestamp import read_stamp_over, slim

_WAIT: Final = 30.0
_LARGEST: Final = 1 << 20


class TimeService:
    """A time stamp service that the case names. Nothing else of Lethe opens a connection.

    Making it asks for a first token, whose size and company tell what later ones need.

    Attributes:
        way: pyHanko's way to it.
        others: the certificates that it sends beside its own, in DER.

    Raises:
        Refused: TIME_NOT_STAMPED without an answer, for a refusal, or a token that does not hold.
    """

    def __init__(self, url: str) -> None:
        self.others: tuple[bytes, ...] = ()
        self.way: Final[Any] = _way(url, self._keep)
        asyncio.run(self.way.async_dummy_response("sha256"))

    def _keep(self, others: tuple[bytes, ...]) -> None:
        self.others = others


def _way(url: str, keep: Callable[[tuple[bytes, ...]], None]) -> Any:
    cure_names()
    from http.client import HTTPException

    from asn1crypto import tsp
    from pyhanko.sign.timestamps.api import TimeStamper

    base: Any = TimeStamper

    class Way(base):  # type: ignore[misc]  # pyHanko is not typed
        """Asks over HTTP, and keeps of each token what is signed."""

        async def async_request_tsa_response(self, req: Any) -> Any:
            return tsp.TimeStampResp.load(_posted(url, req.dump()), strict=True)

        async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
            try:
                full = await super().async_timestamp(message_digest, md_algorithm)
                token, others = slim(full.dump())
                read_stamp_over(token, message_digest)
            except (OSError, ValueError, TypeError, KeyError, AttributeError, HTTPException) as error:
                raise Refused(Fault.TIME_NOT_STAMPED, url, str(error)) from error
            keep(others)
            return tsp.ContentInfo.load(token)

    return Way()


def _posted(url: str, query: bytes) -> bytes:
    from urllib.request import Request, urlopen

    if not url.startswith(("http://", "https://")):
        raise ValueError("http:// | https://")
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    with urlopen(Request(url, query, headers), timeout=_WAIT) as answer:  # noqa: S310 - the scheme is held to above
        return bytes(answer.read(_LARGEST))
