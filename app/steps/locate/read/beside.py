"""What a workbook holds beside its cells and the reader of sheets leaves: pictures, drawings, remarks."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import Final

from app.domain.record import Problem
from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.inflate import member
from app.steps.locate.read.office import IMAGES, texts
from app.steps.locate.read.raw import read_raw
from app.steps.locate.read.source import Container, Source

_REMARKS: Final = re.compile(r"comments[^/]*\.bin$")


def read_beside(archive: zipfile.ZipFile, container: Container, reading: Reading) -> Iterator[Passage]:
    """Read the texts of an xlsb or ods that stand in no cell, and its pictures where they are to be read."""
    for info in archive.infolist():
        if reading.spent:
            return
        name = info.filename
        if IMAGES.search(name) and not reading.means.pictures:
            reading.note(Problem.IMAGE_NOT_READ)
            continue
        with member(archive, info) as stream:
            metered = container.meter(stream)
            if IMAGES.search(name):
                yield from reading.enter(Source(name, metered))
            elif name.endswith(".xml"):
                for text in texts(metered, cells=False):
                    yield Passage(text, where=name)
            elif _REMARKS.search(name):
                for passage in read_raw(Source(name, metered), reading):
                    yield passage.within(name)
