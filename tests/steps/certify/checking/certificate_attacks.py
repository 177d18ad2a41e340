"""What an attacker can change in a finished certificate by the means of PDF itself."""

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string


def numbers(*values):
    return generic.ArrayObject([generic.NumberObject(one) for one in values])


def page_of(writer, number=0):
    return writer.root["/Pages"]["/Kids"][number].get_object()


def field_of(writer, number):
    return writer.root["/AcroForm"]["/Fields"][number].get_object()


def note_over_a_figure(writer):
    page = page_of(writer)
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): numbers(60, 600, 300, 700),
            pdf_name("/Contents"): pdf_string("ALL DESTROYED"),
            pdf_name("/F"): generic.NumberObject(4),
        }
    )
    page["/Annots"] = generic.ArrayObject([*page.get("/Annots", ()), writer.add_object(note)])
    writer.update_container(page)


def field_renamed(writer):
    field = field_of(writer, 1)
    field["/T"] = pdf_string("witness9")
    writer.update_container(field)


def look_of_a_signature(writer):
    field = field_of(writer, 0)
    form = generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): numbers(0, 0, 200, 40),
        },
        stream_data=b"1 0 0 rg 0 0 200 40 re f",
    )
    field["/AP"] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(form)})
    writer.update_container(field)


def signature_over_the_page(writer):
    field = field_of(writer, 0)
    field["/Rect"] = numbers(0, 0, 600, 800)
    writer.update_container(field)


def another_field(writer):
    from pyhanko.sign import fields

    fields.append_signature_field(writer, fields.SigFieldSpec("other", on_page=0, box=(50, 500, 300, 700)))


def specification(writer, name="manifest.json", content=b"{}"):
    stream = generic.StreamObject({pdf_name("/Type"): pdf_name("/EmbeddedFile")}, stream_data=content)
    return generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Filespec"),
            pdf_name("/F"): pdf_string(name),
            pdf_name("/UF"): pdf_string(name),
            pdf_name("/EF"): generic.DictionaryObject({pdf_name("/F"): writer.add_object(stream)}),
        }
    )


def second_manifest(writer):
    names = writer.root["/Names"]["/EmbeddedFiles"]
    names = names if "/Names" in names else names["/Kids"][0].get_object()
    names["/Names"].insert(0, writer.add_object(specification(writer)))
    names["/Names"].insert(0, pdf_string("manifest.json"))
    writer.update_container(names["/Names"])


def action(writer):
    link = {pdf_name("/S"): pdf_name("/URI"), pdf_name("/URI"): pdf_string("http://example.org")}
    writer.root["/OpenAction"] = generic.DictionaryObject(link)
    writer.update_root()


def pages_swapped(writer):
    pages = writer.root["/Pages"]["/Kids"]
    pages[0], pages[1] = pages.raw_get(1), pages.raw_get(0)
    writer.update_container(pages)


def signature_taken_out(writer):
    field = field_of(writer, 1)
    del field["/V"]
    writer.update_container(field)


def signatures_exchanged(writer):
    one, other = field_of(writer, 0), field_of(writer, 1)
    one["/V"], other["/V"] = other.raw_get("/V"), one.raw_get("/V")
    writer.update_container(one)
    writer.update_container(other)


def permissions_lifted(writer):
    writer.root["/Perms"] = generic.DictionaryObject({})
    writer.update_root()


def page_turned(writer):
    page = page_of(writer)
    page["/Rotate"] = generic.NumberObject(180)
    writer.update_container(page)


def page_cropped(writer):
    page = page_of(writer)
    page["/CropBox"] = numbers(0, 500, 595, 842)
    writer.update_container(page)


def other_letters(writer):
    fonts = page_of(writer)["/Resources"]["/Font"]
    font = fonts[next(iter(fonts))]
    font["/ToUnicode"] = writer.add_object(generic.StreamObject(stream_data=b""))
    writer.update_container(font)


def more_in_the_store(writer):
    from asn1crypto.x509 import Certificate
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    signer = next(iter(PdfFileReader(writer.prev.stream).embedded_signatures)).signer_cert
    DocumentSecurityStore.supply_dss_in_writer(writer, None, certs=[Certificate.load(signer.dump())])


CHANGES = (
    note_over_a_figure,
    field_renamed,
    look_of_a_signature,
    signature_over_the_page,
    another_field,
    second_manifest,
    action,
    pages_swapped,
    signature_taken_out,
    signatures_exchanged,
    permissions_lifted,
    page_turned,
    page_cropped,
    other_letters,
    more_in_the_store,
)
