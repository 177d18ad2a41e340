"""The QR code as a matrix, drawn by the page: reportlab's own widget drags in unembedded Helvetica."""

from __future__ import annotations


def modules(content: str) -> tuple[bytes, ...]:
    """Give the rows of a QR code at error level M without its quiet zone; 1 is dark."""
    import segno

    return tuple(bytes(row) for row in segno.make_qr(content, error="m", boost_error=False).matrix)
