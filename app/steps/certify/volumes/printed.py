"""The printed inventory (销毁清册): `inventory.csv` on paper, in volumes that a printer takes."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

from app.domain.event import Progressed
from app.domain.record import Tier
from app.domain.step import Step
from app.language import say
from app.steps.certify.account import Account
from app.steps.certify.evidence.inventory import INVENTORY
from app.steps.certify.page.archive import archived_pages
from app.steps.certify.page.faces import Weight, face
from app.steps.certify.page.paint import canvas_of, paint
from app.steps.certify.page.sheet import Item
from app.steps.certify.volumes.listing import FOOT, LANES, LEAD, ROWS, SIZE, TOP_ROW, Listing, foot_lanes
from app.steps.certify.volumes.rows import Typist
from app.steps.certify.wording import Words, amount
from app.system.durable import write_durably

MOST: Final = 10_000
"""Rows up to which the inventory is printed without being asked for: 157 pages."""
PAGES: Final = 500
"""Pages of a volume, 32,000 rows: a ream of paper."""
_NAME: Final = re.compile(r"inventory(-[0-9]{2,})?\.pdf")
_EACH: Final = 25
"""Pages between two reports of progress."""


def wanted(rows: int, wish: bool | None) -> bool:
    """Whether to print: as wished, and without a wish a list that a person may still leaf through."""
    return rows <= MOST if wish is None else wish


def print_inventory(account: Account, folder: Path) -> Iterator[Progressed]:
    """Write `inventory.pdf`, or `inventory-01.pdf` and on where it fills more than one volume.

    Each is PDF/A-3b, synced and renamed into place. `inventory.csv` must lie in `folder`: every page
    carries the SHA-256 of that file up to and with the page's last row, so the last page carries
    that of the whole file, which the certificate is signed with.

    Raises:
        OSError: when the inventory is missing or the disk does not take the files.
    """
    listing = Listing(account, Words.of(account.language))
    volumes = -(-listing.pages // PAGES)
    names = names_of(volumes)
    for stale in set(printed_in(folder)) - set(names):
        (folder / stale).unlink()
    with (folder / INVENTORY).open("rb") as file:
        pages = _pages(file, listing)
        for volume, name in enumerate(names):
            pdf = yield from _volume(listing, volume, volumes, islice(pages, PAGES))
            write_durably(folder / name, archived_pages(pdf, account.language), 0o644)
    yield Progressed(Step.CERTIFY, listing.pages, listing.pages, "pages")


def printed_in(folder: Path) -> list[str]:
    """Name the volumes that lie in `folder`."""
    return sorted(path.name for path in folder.glob("inventory*.pdf") if _NAME.fullmatch(path.name))


def names_of(volumes: int) -> list[str]:
    """Name the files of so many volumes."""
    if volumes == 1:
        return ["inventory.pdf"]
    return [f"inventory-{number:02}.pdf" for number in range(1, volumes + 1)]


@dataclass(frozen=True, slots=True)
class _Page:
    """A page's number from 0, its rows, and the SHA-256 of the inventory up to its last row."""

    number: int
    rows: list[tuple[str, ...]]
    digest: str


def _pages(file: IO[bytes], listing: Listing) -> Iterator[_Page]:
    """Part the inventory into pages; the one for the signatures may have no row."""
    digest = hashlib.sha256()
    lines = _hashed(file, digest.update)
    reader = csv.reader(lines)
    row = row_of(next(reader), listing.words)
    for number in range(listing.pages):
        rows = [row(cells) for cells in islice(reader, ROWS)]
        yield _Page(number, rows, digest.copy().hexdigest())


def _hashed(file: IO[bytes], update: Callable[[bytes], None]) -> Iterator[str]:
    for line in file:
        update(line)
        yield line.decode()


def row_of(heads: list[str], words: Words) -> Callable[[list[str]], tuple[str, ...]]:
    """Give what turns a row of the inventory into the texts of the lanes; `heads` is its first row.

    A lane is narrow: it says things in the first language alone.
    """
    machine = [head.rpartition(" ")[2] for head in heads]
    names = ("no", "id", "name", "category", "tier", "people", "bytes", "outcome", "settled_at")
    places = [machine.index(name) for name in names]
    tiers = {tier.value: say(tier, words.languages[0]) for tier in Tier}
    briefs = words.briefs()

    @cache
    def category(name: str) -> str:
        return words.category(name).partition("\n")[0]

    def shown(cells: list[str]) -> tuple[str, ...]:
        no, record, name, kind, tier, people, size, outcome, moment = [cells[at] for at in places]
        return (
            no,
            record,
            name,
            category(kind),
            tiers.get(tier, tier),
            people,
            amount(int(size)).replace("\u00a0", " "),
            briefs.get(outcome, outcome),
            f"{moment[:10]} {moment[11:16]}",
        )

    return shown


def _volume(
    listing: Listing, volume: int, volumes: int, pages: Iterator[_Page]
) -> Generator[Progressed, None, bytes]:
    """Draw one volume and give its PDF."""
    out = io.BytesIO()
    canvas = canvas_of(out, listing.title(volume, volumes), listing.account.company)
    typist = Typist(canvas, face(Weight.REGULAR), SIZE)
    lanes = foot_lanes()
    for page in pages:
        # The page for the signatures may have fewer rows or none; all others look alike.
        frame = f"rows{len(page.rows)}"
        if not canvas.hasForm(frame):
            _form(canvas, frame, listing.frame(len(page.rows), volume, volumes))
        canvas.doForm(frame)
        feet = [(page.digest, listing.folio(page.number))]
        canvas._code.append(typist.page(page.rows, LANES, TOP_ROW, LEAD))  # noqa: SLF001 no public way takes raw operators
        canvas._code.append(typist.page(feet, lanes, FOOT, 0.0))  # noqa: SLF001 as above
        if page.number == listing.pages - 1:
            for item in listing.ending(len(page.rows)):
                paint(canvas, item)
        canvas.showPage()
        if page.number % _EACH == 0:
            yield Progressed(Step.CERTIFY, page.number, listing.pages, "pages")
    canvas.save()
    return out.getvalue()


def _form(canvas: Any, name: str, items: list[Item]) -> None:
    """Draw once what many pages show."""
    canvas.beginForm(name)
    for item in items:
        paint(canvas, item)
    canvas.endForm()
