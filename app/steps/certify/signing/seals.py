"""Signatures on the certificate: all fields first, then the officer certifies, the others countersign."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from app.identity import Identity
from app.identity.chain import Papers
from app.identity.names import cure_names
from app.steps.certify.page.sheet import Place
from app.steps.certify.signing.timeservice import TimeService

_LONGEST: Final = 1024
"""Bytes of the longest signature: RSA of 8192 bits."""


def with_fields(pdf: bytes, places: Mapping[str, Place], papers: Papers | None = None) -> bytes:
    """Append every signature field in one update, so that a missing signature shows as an empty field.

    `papers` are what others issued about the signers' certificates: they go into the document
    security store (ETSI EN 319 142-1, 5.4.2) before anyone signs, so every signature covers them.
    """
    cure_names()
    from pyhanko.sign import fields

    writer = _writer(pdf)
    if papers and (papers.chain or papers.crls or papers.ocsps):
        _store(writer, papers)
    make: Any = fields.SigFieldSpec
    for name, place in places.items():
        box = (place.x1, place.y1, place.x2, place.y2)
        spec = make(name, on_page=place.page, box=box, empty_field_appearance=True)
        fields.append_signature_field(writer, spec)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _store(writer: Any, papers: Papers) -> None:
    from asn1crypto import crl, ocsp
    from asn1crypto.x509 import Certificate
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    store: Any = DocumentSecurityStore
    store.supply_dss_in_writer(
        writer,
        None,
        certs=[Certificate.load(one) for one in papers.chain],
        crls=[crl.CertificateList.load(one) for one in papers.crls],
        ocsps=[ocsp.OCSPResponse.load(one) for one in papers.ocsps],
    )


def sealed(
    pdf: bytes,
    fields: Sequence[tuple[str, Identity]],
    stamps: Mapping[str, bytes],
    moment: datetime,
    service: TimeService | None = None,
) -> bytes:
    """Sign each field in order with its person's key; the first certifies (DocMDP P=2: fill in and sign).

    Offline, the signing time is this computer's. With a service each signature gets its
    time stamp (PAdES B-T, and B-LT where the document holds what others issued).

    Raises:
        Refused: TIME_NOT_STAMPED; TOKEN_UNUSABLE, PASSPHRASE_MISSING for a person.
    """
    for number, (field, person) in enumerate(fields):
        pdf = _signed(pdf, field, person, stamps[field], _Hour(moment, number, service))
    return pdf


@dataclass(frozen=True, slots=True)
class _Hour:
    """When a person signs, as which one, and who vouches for the time."""

    moment: datetime
    number: int
    service: TimeService | None


def _signed(pdf: bytes, field: str, person: Identity, stamp: bytes, hour: _Hour) -> bytes:
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.signers import pdf_signer

    metadata = pdf_signer.PdfSignatureMetadata(
        field_name=field,
        name=person.name,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=hour.number == 0,
        docmdp_permissions=MDPPerm.FILL_FORMS,
    )
    signer: Any = pdf_signer.PdfSigner(
        metadata,
        signer=_signer(person),
        stamp_style=_stamp_style(stamp),
        timestamper=hour.service.way if hour.service else None,
    )
    begin = signer.init_signing_session

    def timed(*given: Any, **named: Any) -> Any:
        session = begin(*given, **named)
        # The time in the signature is the one its stamp shows.
        session.system_time = hour.moment
        return session

    signer.init_signing_session = timed
    out = signer.sign_pdf(_writer(pdf), existing_fields_only=True, output=io.BytesIO())
    return bytes(out.getvalue())


def _writer(pdf: bytes) -> Any:
    """Give a writer of updates that leaves the version at 1.7, as PDF/A-3 needs it (ISO 19005-3, 6.1.2)."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer: Any = IncrementalPdfFileWriter(io.BytesIO(pdf))
    # For elliptic curves pyHanko would declare PDF 2.0; ISO 32002 is entered as an extension all the same.
    writer.ensure_output_version = lambda version: None  # noqa: ARG005 called by this name
    return writer


def _signer(person: Identity) -> Any:
    from asn1crypto.x509 import Certificate
    from pyhanko.sign.signers.pdf_cms import Signer
    from pyhanko_certvalidator import registry

    store: Any = registry.SimpleCertificateStore
    known = store()
    known.register_multiple([Certificate.load(der) for der in person.papers.chain])
    base: Any = Signer

    class Hand(base):  # type: ignore[misc]  # pyHanko is not typed
        """The person's own key, wherever it is: nothing here ever holds it."""

        async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: ARG002 - as pyHanko calls it
            return bytes(_LONGEST) if dry_run else person.sign(data)

    return Hand(signing_cert=Certificate.load(person.certificate_der), cert_registry=known)


def _stamp_style(stamp: bytes) -> Any:
    from pyhanko.pdf_utils import content, layout
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.stamp import StaticStampStyle

    class Stamp(content.PdfContent):
        """The one page of `stamp`, with its embedded font, as the look of the field."""

        @override
        def render(self) -> bytes:
            writer: Any = self._ensure_writer
            form = writer.import_page_as_xobject(PdfFileReader(io.BytesIO(stamp)))
            self.resources.xobject["/Stamp"] = form
            x1, y1, x2, y2 = (float(n) for n in form.get_object()["/BBox"])
            self.box = layout.BoxConstraints(width=x2 - x1, height=y2 - y1)
            return b"/Stamp Do"

    middle, margins = layout.AxisAlignment.ALIGN_MID, layout.Margins(0, 0, 0, 0)
    rule = layout.SimpleBoxLayoutRule(x_align=middle, y_align=middle, margins=margins)
    return StaticStampStyle(
        border_width=0, background=Stamp(), background_layout=rule, background_opacity=1.0
    )
