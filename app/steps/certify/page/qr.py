"""The QR code as a matrix, drawn by the page: reportlab's own widget drags in unembedded Helvetica."""

from __future__ import annotations

from typing import Final

_LARGEST: Final = 10
"""Version whose 57 modules are 0.46 mm each on 26 mm of paper, which phones read (ISO/IEC 18004)."""


def modules(content: str) -> tuple[bytes, ...]:
    """Give the rows of a QR code without its quiet zone; 1 is dark.

    Error level M, or L where M would make the modules too small to print.
    """
    import segno

    code = segno.make_qr(content, error="m", boost_error=False)
    if isinstance(code.version, int) and code.version > _LARGEST:
        code = segno.make_qr(content, error="l", boost_error=True)
    return tuple(bytes(row) for row in code.matrix)
