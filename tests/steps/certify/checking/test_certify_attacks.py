"""An attacker's hands: what can be added to a finished certificate, and what one of the signers could slip in."""

import base64
import io
import json
import shutil
import tracemalloc
import zlib

import account_sample as sample
import pikepdf
import pytest
from certify_issued import certified, issue, ready
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from app.identity import cms_detached
from app.steps.certify import Standing, compose, prove, verify, verify_code
from app.steps.certify.checking.attached import attachments
from app.steps.certify.evidence.leaves import leaves_in
from app.steps.certify.evidence.merkle import leaf_hash, node_hash, root_from
from app.steps.certify.page.archive import archived
from tests.steps.certify.checking.certificate_attacks import (
    CHANGES,
    note_over_a_figure,
    numbers,
    page_of,
    second_manifest,
    specification,
)


def failed(verdict):
    return {check.name for check in verdict.checks if not check.ok}


def updated(data, change):
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_nothing_can_be_added_afterwards(small, tmp_path, change):
    path = tmp_path / "certificate.pdf"
    path.write_bytes(updated((small / "certificate.pdf").read_bytes(), change))
    verdict = verify(path)
    assert verdict.status is Standing.ALTERED
    assert {"signatures.changes", "signatures.cover"} <= failed(verdict)


def test_nothing_can_be_put_before_or_behind(small, tmp_path):
    good = (small / "certificate.pdf").read_bytes()
    for forged in (b"%junk\n" + good, good + b"\n", good + b"%%EOF\n", good + good):
        path = tmp_path / "certificate.pdf"
        path.write_bytes(forged)
        assert verify(path).status is Standing.ALTERED


@pytest.mark.parametrize("change", [note_over_a_figure, second_manifest], ids=lambda one: one.__name__)
def test_the_witness_cannot_be_made_to_sign_for_a_change(small, tmp_path, people, change):
    """Changed after the officer signed; then the true witness signs, whose signature covers it all."""
    from datetime import UTC, datetime

    from app.steps.certify.document.stamp import stamp
    from app.steps.certify.page.sheet import Place
    from app.steps.certify.signing.seals import _Hour, _signed
    from app.steps.certify.wording import Words

    data = (small / "certificate.pdf").read_bytes()
    ends = [n + 6 for n in range(len(data)) if data.startswith(b"%%EOF", n)]
    moment = datetime.now(UTC).replace(microsecond=0)
    look = stamp(people[1], Words.of("en"), Place(0, 0, 0, 240, 38), moment)
    forged = _signed(updated(data[: ends[-2]], change), "witness", people[1], look, _Hour(moment, 1, None))
    path = tmp_path / "certificate.pdf"
    path.write_bytes(forged)
    verdict = verify(path)
    assert verdict.status is Standing.ALTERED
    assert "signatures.changes" in failed(verdict)
    assert "signatures.cover" not in failed(verdict)


def slipped(monkeypatch, folder, people, change):
    """A certificate whose makers put something in before anyone signed: all signatures hold."""

    def made(*given):
        return updated(archived(*given), change)

    monkeypatch.setattr("app.steps.certify.issue.archived", made)
    account, terms = ready(sample.clean(2), folder, people)
    list(compose(account, folder, people, **terms))
    certified(folder, terms["journal"])
    return folder / "certificate.pdf"


def hung_on_a_page(writer):
    page = page_of(writer)
    pin = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FileAttachment"),
            pdf_name("/Rect"): numbers(60, 600, 80, 620),
            pdf_name("/FS"): specification(writer),
        }
    )
    page["/Annots"] = generic.ArrayObject([writer.add_object(pin)])
    writer.update_container(page)


@pytest.mark.parametrize("change", [second_manifest, hung_on_a_page], ids=lambda one: one.__name__)
def test_two_attachments_of_one_name_from_the_start(tmp_path, people, monkeypatch, change):
    """Two readers may show two manifests, and both signatures hold."""
    verdict = verify(slipped(monkeypatch, tmp_path / "c", people, change))
    assert "attachments.only" in failed(verdict)
    assert verdict.status is Standing.ALTERED


def test_an_attachment_that_swells_is_not_unpacked(small, tmp_path):
    with pikepdf.open(small / "certificate.pdf") as document:
        stream = document.attachments["inventory.csv"].get_file().obj
        packer = zlib.compressobj(9)
        bomb = b"".join(packer.compress(bytes(1 << 24)) for _ in range(80)) + packer.flush()
        stream.write(bomb, filter=pikepdf.Name.FlateDecode)
        document.save(tmp_path / "bomb.pdf")
    data = (tmp_path / "bomb.pdf").read_bytes()
    assert len(data) < 4 << 20
    tracemalloc.start()
    try:
        assert attachments(data) == {}
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2200 << 20
    assert not verify(tmp_path / "bomb.pdf").valid


@pytest.mark.parametrize(
    "write",
    [
        lambda one: json.dumps(one, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode(),
        lambda one: json.dumps(one, ensure_ascii=False, sort_keys=True, indent=1).encode(),
        lambda one: json.dumps(
            dict(reversed(one.items())), ensure_ascii=False, separators=(",", ":")
        ).encode(),
        lambda one: (
            b'{"status":"not_destroyed",'
            + json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()[1:]
        ),
        lambda one: (
            json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b" "
        ),
    ],
    ids=["escaped", "indented", "other order", "a key twice", "a blank behind"],
)
def test_a_manifest_in_another_form_that_both_signed(small, tmp_path, people, write):
    """Two readers of JSON may take such a text for two things; signed by both, it still is none of ours."""
    forged = write(json.loads((small / "manifest.json").read_bytes()))
    (tmp_path / "manifest.json").write_bytes(forged)
    (tmp_path / "manifest.p7s").write_bytes(cms_detached(forged, people))
    verdict = verify(tmp_path / "manifest.json")
    assert verdict.status is Standing.ALTERED
    assert "manifest.canonical" in failed(verdict)
    assert "p7s.valid" not in failed(verdict)


def test_another_payload_type_in_the_envelope(small, tmp_path):
    for name in ("manifest.json", "manifest.p7s"):
        shutil.copy(small / name, tmp_path)
    told = json.loads((small / "manifest.dsse.json").read_bytes())
    for change in (
        {"payloadType": "application/json"},
        {"payload": base64.b64encode(base64.b64decode(told["payload"]) + b" ").decode()},
        {"signatures": told["signatures"][:1]},
        {"signatures": told["signatures"] * 2},
        {"signatures": told["signatures"][::-1]},
        {"more": "x"},
    ):
        forged = json.dumps({**told, **change}, sort_keys=True, separators=(",", ":")).encode()
        (tmp_path / "manifest.dsse.json").write_bytes(forged)
        verdict = verify(tmp_path / "manifest.dsse.json")
        assert verdict.status is Standing.ALTERED, change
        assert failed(verdict) & {"dsse.form", "dsse.signed"}


def code_in(folder):
    """What the QR code on the last page of the front says, read off the picture."""
    import pypdfium2

    zxingcpp = pytest.importorskip("zxingcpp")
    document = pypdfium2.PdfDocument(folder / "certificate.pdf")
    try:
        for page in document:
            for found in zxingcpp.read_barcodes(page.render(scale=3).to_pil().convert("L")):
                return found.text.encode()
    finally:
        document.close()
    raise AssertionError("no code")


def test_a_code_replayed_on_another_certificate(small, issued):
    assert verify_code(code_in(small), small).valid
    verdict = verify_code(code_in(small), issued)
    assert {"code.manifest", "code.agrees"} <= failed(verdict)
    assert verdict.status is Standing.ALTERED


def test_a_node_of_the_tree_is_no_leaf(issued, tmp_path):
    """A proof one step shorter, with the hash of two leaves in place of a leaf."""
    manifest = json.loads((issued / "manifest.json").read_bytes())
    count = manifest["leaves"]["count"]
    ids = [leaf.id for leaf in leaves_in(issued)]
    told = json.loads(prove(issued, ids[0]))
    way = base64.urlsafe_b64decode(told["done"] + "=" * (-len(told["done"]) % 4))
    way = [way[n : n + 32] for n in range(0, len(way), 32)]
    leaf = leaf_hash(next(iter(leaves_in(issued))).done)
    root = bytes.fromhex(manifest["leaves"]["done"])
    assert root_from(leaf, 0, count, way) == root
    node = node_hash(leaf, way[0])
    half = (count + 1) // 2
    # The tree's own steps would bear it, were the node taken for the hash of a leaf ...
    assert root_from(node, 0, half, way[1:]) == root
    # ... but no content has that hash as a leaf, and the size is the manifest's.
    assert leaf_hash(leaf + way[0]) != node
    for name in ("manifest.json", "manifest.p7s"):
        shutil.copy(issued / name, tmp_path)
    short = base64.urlsafe_b64encode(b"".join(way[1:])).decode().rstrip("=")
    forged = {**told, "done": short, "size": half}
    (tmp_path / "proof.json").write_bytes(
        json.dumps(forged, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    )
    verdict = verify(tmp_path / "proof.json")
    assert verdict.status is Standing.ALTERED
    assert {"proof.planned", "proof.done"} <= failed(verdict)


def test_the_manifest_of_another_certificate_of_the_same_people(small, tmp_path, people):
    """Attachments and detached signature of a true certificate, put into another true one."""
    other = issue(sample.clean(4, language="en"), tmp_path / "other" / "certificate", people)

    def change(writer):
        names = writer.root["/Names"]["/EmbeddedFiles"]
        names = names["/Names"] if "/Names" in names else names["/Kids"][0].get_object()["/Names"]
        for n in range(0, len(names), 2):
            stream = names[n + 1].get_object()["/EF"].raw_get("/F")
            forged = generic.StreamObject(stream_data=(other / str(names[n])).read_bytes())
            writer.objects[stream.generation, stream.idnum] = forged

    path = tmp_path / "certificate.pdf"
    path.write_bytes(updated((small / "certificate.pdf").read_bytes(), change))
    verdict = verify(path)
    assert verdict.status is Standing.ALTERED
    assert "manifest.printed" in failed(verdict)
