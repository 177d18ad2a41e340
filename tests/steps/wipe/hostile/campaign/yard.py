"""One batch of hostile cases on one image: who is in the plan, who stands by, who meddles."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from campaign.marks import Marks

from app.domain.fate import Fate, Ground
from app.domain.plan import PlanItem, Subject
from app.domain.record import Stamp, Tier
from app.domain.step import Stage
from app.system.disk import Disk, Folder

Act = Callable[[], None]
SIZES = (40, 700, 4096, 6000, 30_000, 70_001, 262_144)


class NotHere(Exception):
    """This system can't make the case; the reason is shown."""


class Stopped(Exception):
    """The run is stopped at this moment, as a kill would; it is taken up again."""


@dataclass
class Case:
    """One hostile case. `marks` are of all that an item holds, which must be gone where a good outcome is said."""

    kind: str
    items: list[str] = field(default_factory=list)
    marks: dict[str, list[int]] = field(default_factory=dict)
    earlier: list[int] = field(default_factory=list)
    """Marks of what the file held before it was signed for and had given back by then."""
    told: str = ""
    """What was chosen by chance, for whoever looks into a finding."""


class Meddling(Disk):
    """The real disk. At the moment a call reaches a file, or after it, somebody does something."""

    def __init__(self) -> None:
        self._acts: dict[tuple[str, str, str], Act] = {}

    def when(self, call: str, name: str, act: Act, *, moment: str = "before") -> None:
        """Have `act` done once, before or after the first `call` for the file `name`."""
        self._acts[moment, call, name] = act

    def __getattribute__(self, called: str) -> Any:
        real = super().__getattribute__(called)
        if called.startswith("_") or called == "when" or not callable(real):
            return real

        def watched(*arguments: Any, **named: Any) -> Any:
            self._do("before", called, arguments)
            answer = real(*arguments, **named)
            self._do("after", called, arguments)
            return answer

        return watched

    def _do(self, moment: str, called: str, arguments: tuple[Any, ...]) -> None:
        act = self._acts.pop((moment, called, _name_of(arguments)), None) if self._acts else None
        if act:
            act()


def _name_of(arguments: tuple[Any, ...]) -> str:
    if len(arguments) > 1 and isinstance(arguments[0], Folder):
        return str(arguments[1])
    if arguments and isinstance(arguments[0], int):
        try:
            return os.path.basename(os.readlink(f"/proc/self/fd/{arguments[0]}"))
        except OSError:
            return ""
    return ""


def _digest(path: bytes) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return str(error)


def _stamp(told: os.stat_result) -> Stamp:
    return Stamp(told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_nlink)


class Yard:
    """The folder of a batch, and the hands that make its cases."""

    def __init__(self, top: Path, marks: Marks, chance: random.Random, aside: Path) -> None:
        self.top = top
        self.aside = aside
        self.marks = marks
        self.chance = chance
        self.disk = Meddling()
        self.items: list[PlanItem] = []
        self.stages: dict[str, Stage] = {}
        self.cases: list[Case] = []
        self.outsiders: dict[bytes, str] = {}
        self.changed: list[bytes] = []
        self.at_note: dict[str, Act] = {}
        self.before_end = ExitStack()
        self._begun: list[Callable[[], Act]] = []

    # Making files

    def folder(self) -> Path:
        """A folder of its own for one case."""
        made = self.top / f"客户{len(self.cases):03d}-{self.chance.randrange(1 << 20):05x}"
        made.mkdir()
        return made

    def size(self) -> int:
        return self.chance.choice(SIZES) + self.chance.choice((0, 0, 1, 511))

    def write(self, path: Path | str, size: int | None = None, *, synced: bool | None = None) -> int:
        """Write a marked file; gives its mark."""
        mark = self.marks.new()
        with open(path, "wb") as file:
            file.write(self.marks.content(mark, self.size() if size is None else size))
            if self.chance.random() < 0.7 if synced is None else synced:
                file.flush()
                os.fsync(file.fileno())
        return mark

    def outsider(self, path: Path, size: int | None = None) -> int:
        """Write a file that no one signed for: it must stay as it is. Its mark may be found."""
        mark = self.write(path, size, synced=True)
        self.stays(path)
        return mark

    def stays(self, path: Path) -> None:
        """Take down that a file is in no plan and must not be changed."""
        self.outsiders[os.fsencode(path)] = hashlib.sha256(path.read_bytes()).hexdigest()

    def look_at_strangers(self, below: Path | None = None) -> None:
        """See whether files in no plan are as they were, before the place they lie in goes away."""
        within = os.fsencode(below or self.top) + b"/"
        for path in [path for path in self.outsiders if path.startswith(within)]:
            if _digest(path) != self.outsiders.pop(path):
                self.changed.append(path)

    # Signing for them

    def sign_for(
        self,
        case: Case,
        path: Path | str,
        *marks: int,
        location: Path | None = None,
        dir_fd: int | None = None,
    ) -> PlanItem:
        """Put a file in the plan as it is now. `marks` must be gone where a good outcome is said."""
        name = os.path.basename(path) if dir_fd is not None else path
        told = os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
        with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=dir_fd), "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        told = os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
        stamp = _stamp(told)
        item = PlanItem(
            f"r-{len(self.items):06d}", Subject.RECORD, os.fspath(path), Fate.WIPE, Ground.RULE, "case.1", "",
            Tier.CORE, "crm.contact", 1, stamp, digest, os.fspath(location or self.top),
        )  # fmt: skip
        self.items.append(item)
        case.items.append(item.id)
        case.marks[item.id] = list(marks)
        return item

    def plain(self, case: Case, folder: Path, size: int | None = None) -> tuple[Path, PlanItem]:
        """One marked file in the plan."""
        path = folder / f"名单{self.chance.randrange(1 << 40):010x}.csv"
        mark = self.write(path, size)
        return path, self.sign_for(case, path, mark)

    # Meddling

    def after_signing(self, act: Act) -> None:
        """Have something done after the plan is signed and before the wipe begins."""
        self._begun.append(lambda: act)

    def undo(self, act: Act) -> None:
        """Have something undone before the image is looked at, whatever happens."""
        self.before_end.callback(act)

    def look_anew(self) -> None:
        """Take the stamps again where the file system was mounted anew since the files were made."""
        for index, item in enumerate(self.items):
            self.items[index] = replace(item, stamp=_stamp(os.lstat(item.path)))

    def signed(self) -> None:
        """The plan is signed: do what was put off until then."""
        for each in self._begun:
            each()()
