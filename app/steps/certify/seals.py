"""Signatures on the certificate: all fields first, then the officer certifies, then the others countersign."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.identity import Identity
from app.steps.certify.names import cure_names
from app.steps.certify.sheet import Place


def with_fields(pdf: bytes, places: Mapping[str, Place]) -> bytes:
    """Append every signature field in one update, so that a missing signature shows as an empty field."""
    cure_names()
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigFieldSpec, append_signature_field

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    for name, place in places.items():
        box = (place.x1, place.y1, place.x2, place.y2)
        spec = SigFieldSpec(name, on_page=place.page, box=box, empty_field_appearance=True)
        append_signature_field(writer, spec)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def sealed(pdf: bytes, fields: Sequence[tuple[str, Identity]], stamps: Mapping[str, bytes], moment: datetime) -> bytes:
    """Sign each field in order with its person's key; the first certifies (DocMDP P=2: form filling and signing).

    Offline: no time stamp, no revocation data; the signing time is this computer's.
    """
    for number, (field, person) in enumerate(fields):
        pdf = _signed(pdf, field, person, stamps[field], moment, certify=number == 0)
    return pdf


def _signed(pdf: bytes, field: str, person: Identity, stamp: bytes, moment: datetime, *, certify: bool) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner

    metadata = PdfSignatureMetadata(
        field_name=field,
        name=person.name,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=certify,
        docmdp_permissions=MDPPerm.FILL_FORMS if certify else None,
    )
    signer = PdfSigner(metadata, signer=_signer(person), stamp_style=_stamp_style(stamp))
    start = signer.init_signing_session

    def timed(*given: Any, **named: Any) -> Any:
        session = start(*given, **named)
        # The time in the signature is the one its stamp shows.
        session.system_time = moment
        return session

    signer.init_signing_session = timed
    out = signer.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)), existing_fields_only=True, output=io.BytesIO()
    )
    return bytes(out.getvalue())


def _signer(person: Identity) -> Any:
    from asn1crypto.keys import PrivateKeyInfo
    from asn1crypto.x509 import Certificate
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from pyhanko.sign.signers.pdf_cms import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    key, _ = person.key_and_certificate()
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=Certificate.load(person.certificate_der),
        signing_key=PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),
    )


def _stamp_style(stamp: bytes) -> Any:
    from pyhanko.pdf_utils.content import PdfContent
    from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.stamp import StaticStampStyle

    class Stamp(PdfContent):  # type: ignore[misc]  # pyHanko has no annotations mypy may follow here
        """The one page of `stamp`, with its embedded font, as the look of the field."""

        def render(self) -> bytes:
            page = PdfFileReader(io.BytesIO(stamp))
            form = self._ensure_writer.import_page_as_xobject(page)
            self.resources.xobject["/Stamp"] = form
            x1, y1, x2, y2 = (float(n) for n in form.get_object()["/BBox"])
            self.box = BoxConstraints(width=x2 - x1, height=y2 - y1)
            return b"/Stamp Do"

    rule = SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MID, y_align=AxisAlignment.ALIGN_MID, margins=Margins.uniform(0)
    )
    return StaticStampStyle(border_width=0, background=Stamp(), background_layout=rule, background_opacity=1.0)
