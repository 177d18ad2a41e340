"""What a record is in the eyes of the retention law, told by its path, its head and its columns.

The categories are the rule ids of the retention pack. Where several fit, the one the
law keeps longest is taken: to keep wrongly can be mended, to destroy wrongly can't.
But one column of a customer list that speaks of contracts makes no contract of it:
content needs a title line or several heads together.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from app.steps.locate.category_rules import RULES as _RULES
from app.steps.locate.category_rules import Rule as _Rule
from app.steps.locate.plain import has_escapes, unescape

CONTACT: Final = "crm.contact"
"""What a file with personal data is when nothing says otherwise."""
KEY: Final = "secret.key"
_NOT_KEPT: Final = frozenset({CONTACT, KEY, "crm.marketing", "bio"})


@dataclass(frozen=True, slots=True)
class Clues:
    """What the category is told by: the path below the location, and the start of the text.

    `whole` says that the sample is all of the text.
    """

    path: str
    sample: str
    headers: tuple[str, ...] = ()
    whole: bool = True


_PATH: Final = -2
_TITLE: Final = -1
_TITLE_CHARS: Final = 4000
_CELL_CHARS: Final = 2000
_TITLE_LINES: Final = 8
_TITLE_LENGTH: Final = 40
_CELL: Final = re.compile(r"[^\n\r\t,，|;；]+")
_YEAR_IN_NAME: Final = re.compile(
    r"(?<!\d)((?:19[89]|20[0-4])\d)(?:年|[-_.]?(?:0[1-9]|1[0-2])(?:[-_.]?[0-3]\d)?(?!\d)|(?!\d))"
)
_DATE_IN_TEXT: Final = re.compile(
    r"(?<![\d\-])((?:199|20[0-4])\d)"
    r"(?:年(?:度|\s*\d{1,2}\s*月)|([-/.])(?:0?[1-9]|1[0-2])\2[0-3]?\d(?!\d))"
)
_BIRTH: Final = re.compile(r"(?:出生|生日|birth|dob)[^\n]{0,12}$", re.IGNORECASE)


def categorise(clues: Clues) -> str:
    """Name the first category that path or content speaks for; `crm.contact` when none does."""
    return told_by(clues)[0]


def told_by(clues: Clues) -> tuple[str, str]:
    """Do as `categorise`, and say what told it, as `Record.clue` has it."""
    path = _spaced(clues.path)
    possible = _possible(clues)
    for rule in _RULES:
        if rule not in possible:
            continue
        named = re.search(rule.path, path, re.IGNORECASE)
        clue = f"path:{_word(named[0], rule.path)}" if named else _content(rule, clues)
        if clue:
            return rule.category, clue
    return CONTACT, ""


def _word(met: str, rule: str) -> str:
    """Give what was met as far as the rule itself has it: what a rule leaves open is the customer's."""
    met, rule = met.strip().casefold(), rule.casefold()
    return next((met[:end] for end in range(len(met), 1, -1) if met[:end] in rule), "")


def _possible(clues: Clues) -> Collection[_Rule]:
    sieve = best_sieve()
    if sieve is None:
        return _RULES
    text = "\n".join((clues.sample[:_TITLE_CHARS], *clues.headers))
    return sieve.possible(sieve.spots(clues.path.encode("utf-8", "replace")), sieve.spots(text.encode()))


def _parts(rule: _Rule) -> Iterator[tuple[int, str]]:
    yield _PATH, rule.path
    if rule.title:
        yield _TITLE, rule.title
    yield from enumerate(rule.heads)


class Sieve:
    """One search for every expression of the rules, without their anchors, over bytes.

    What it does not let through fits no rule; what it does may fit one.
    """

    def __init__(self, databases: tuple[bytes, bytes]) -> None:
        import hyperscan

        self._parts = [(rule, at) for rule in _RULES for at, _ in _parts(rule)]
        self._words, self._date = (hyperscan.loadb(one, hyperscan.HS_MODE_BLOCK) for one in databases)
        self._words.scratch = hyperscan.Scratch(self._words)
        self._date.scratch = hyperscan.Scratch(self._date)

    def spots(self, data: bytes) -> list[tuple[int, int]]:
        """Give where an expression may end, and which."""
        hits: list[tuple[int, int]] = []

        def hit(which: int, _start: int, end: int, _flags: int, _context: object) -> None:
            hits.append((end, which))

        self._words.scan(data, match_event_handler=hit)
        return hits

    def possible(self, named: Iterable[tuple[int, int]], said: Iterable[tuple[int, int]]) -> list[_Rule]:
        """Give the rules that may fit: by the spots of the path, and those of the start of the text."""
        path = {which for _, which in named}
        text = {which for _, which in said}
        if not path and not text:
            return []
        by_path = {self._parts[which][0].category for which in path if self._parts[which][1] == _PATH}
        met: dict[str, set[int]] = {}
        for which in text:
            rule, at = self._parts[which]
            met.setdefault(rule.category, set()).add(at)
        return [
            rule
            for rule in _RULES
            if rule.category in by_path
            or (rule.title and _TITLE in met.get(rule.category, ()))
            or (rule.heads and met.get(rule.category, set()).issuperset(range(len(rule.heads))))
        ]

    def dated(self, sample: bytes) -> bool:
        """Whether a date may stand in the text."""
        if has_escapes(sample):
            return True
        hits: list[int] = []
        self._date.scan(sample, match_event_handler=lambda *_: hits.append(1))
        return bool(hits)


@lru_cache(256)
def below_spots(sieve: Sieve, folder: str) -> list[tuple[int, int]]:
    """Give what the path of a folder says; its files share it."""
    return sieve.spots(f"{folder}/".encode("utf-8", "replace"))


_READY: Final[dict[str, Sieve]] = {}


def best_sieve() -> Sieve | None:
    """Give the sieve of this process; None where Hyperscan has no build."""
    if not _READY:
        databases = compiled_sieve()
        if databases is None:
            return None
        load_sieve(databases)
    return _READY[""]


def load_sieve(databases: tuple[bytes, bytes]) -> None:
    """Make the sieve ready that `compiled_sieve` compiled in another process."""
    _READY[""] = Sieve(databases)


@cache
def compiled_sieve() -> tuple[bytes, bytes] | None:
    """Compile it, to bytes that another process on this machine can load in no time."""
    if not importlib.util.find_spec("hyperscan"):
        return None
    import hyperscan

    words = [_in_bytes(at, words) for rule in _RULES for at, words in _parts(rule)]
    flags = [hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_PREFILTER] * len(words)
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=words, ids=list(range(len(words))), elements=len(words), flags=flags)
    date = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    date.compile(
        expressions=["(?:199|20[0-4])[0-9](?:年|[-/.][0-9])".encode()],
        ids=[0],
        elements=1,
        flags=[hyperscan.HS_FLAG_SINGLEMATCH],
    )
    return hyperscan.dumpb(database), hyperscan.dumpb(date)


_SPACE: Final = (
    rb"(?:[\s\x1c-\x1f:)=*#]|\xef\xbc[\x89\x9a]|\xe3\x80\x80|\xc2[\x85\xa0]|\xe[12][\x80-\x9a][\x80-\xaf])*"
)
_LINE_END: Final = rb"(?:[\n\r\x0b\x0c\x1c-\x1e]|\xc2\x85|\xe2\x80[\xa8\xa9]|$)"
_CELL_BORDER: Final = rb"(?:[\n\r\t,|;]|\xef\xbc[\x8c\x9b])"


def _in_bytes(at: int, words: str) -> bytes:
    """Widen an expression of characters so that it fits the bytes of whatever it fits.

    A character that may be missing is one thing, not its last byte; a space may be any
    joint or the border before a capital; what may stand between counts bytes. A title ends
    its line, and a head that is anchored fills its cell; other anchors are dropped.
    """
    first, last = words.startswith("^(") and at >= 0, words.endswith(")$") and at >= 0
    words = re.sub(r"(?<!\[)\^|\$", "", words)
    words = re.sub(r"\.\{0,(\d+)\}", lambda m: f".{{0,{int(m[1]) * 4}}}", words)
    words = words.replace("[ .]", "[ ._\\-]").replace(" ?", " ")
    words = re.sub(r"(?<!\[) ", r"[ _\\-]*", words)
    wide = re.sub(r"([^\x00-\x7f])", r"(?:\1)", words).encode()
    if at == _TITLE:
        return b"(?:" + wide + b")" + _SPACE + _LINE_END
    before = b"(?:^|" + _CELL_BORDER + b")" + _SPACE if first else b""
    after = _SPACE + b"(?:$|" + _CELL_BORDER + b")" if last else b""
    return before + b"(?:" + wide + b")" + after


def kept_by_law(category: str) -> bool:
    """Whether the law speaks of a file of this category even when it names no person."""
    return category not in _NOT_KEPT


def content_year(clues: Clues, latest: int) -> int | None:
    """Give the latest year, at most `latest`, that the name or the text speaks of; None without one.

    Retention runs from the end, so a year that came too early would let go of what the law
    still keeps. Where only the start of the text was kept, a later year may stand in the
    rest: None.
    """
    return _latest(clues.path, clues.sample, latest) if clues.whole else None


def year_of(clues: Clues, sample: bytes, latest: int) -> int | None:
    """Do as `content_year` with a text that need not have been decoded, and mostly holds no date."""
    if not clues.whole:
        return None
    sieve = best_sieve()
    dated = sieve is None or sieve.dated(sample)
    return _latest(clues.path, unescape(sample).decode("utf-8", "replace") if dated else "", latest)


def _latest(path: str, text: str, latest: int) -> int | None:
    named = [int(y) for y in _YEAR_IN_NAME.findall(path) if int(y) <= latest]
    return max([*named, *_dates(text, latest)], default=None)


def _dates(sample: str, latest: int) -> Iterable[int]:
    if "20" not in sample and "199" not in sample:
        return
    for m in _DATE_IN_TEXT.finditer(sample):
        if int(m[1]) <= latest and not _BIRTH.search(sample, max(0, m.start() - 24), m.start()):
            yield int(m[1])


def _content(rule: _Rule, clues: Clues) -> str:
    """Say what in the text speaks for a rule; nothing when nothing does."""
    titles = (_title_in(rule.title, line) for line in _titles(clues.sample)) if rule.title else ()
    title = next(filter(None, titles), None)
    if title:
        right = all(re.search(words, clues.sample, re.IGNORECASE) for words in rule.body)
        return f"title:{_word(title[0], rule.title)}" if right else ""
    met = _heads_met(rule.heads, clues) if rule.heads else ()
    return f"heads:{'、'.join(filter(None, met))}" if met else ""


def _title_in(title: str, line: str) -> re.Match[str] | None:
    """A title ends with its word: a sentence about contracts is none."""
    return re.search(rf"(?:{title})(?=[\s:：）)]*$)", line, re.IGNORECASE)


def _titles(sample: str) -> list[str]:
    lines = [
        line.strip().removeprefix("Subject:").strip("#*= \t") for line in sample[:_TITLE_CHARS].splitlines()
    ]
    return [
        line for line in lines if 0 < len(line) <= _TITLE_LENGTH and "\t" not in line and "," not in line
    ][:_TITLE_LINES]


def _heads_met(groups: tuple[str, ...], clues: Clues) -> tuple[str, ...]:
    """Give the word of a head for each group, in their order; nothing when they are not met."""
    cells = {cell.strip() for cell in _CELL.findall(clues.sample[:_CELL_CHARS])} | set(clues.headers)
    heads = [_spaced(cell) for cell in cells if 0 < len(cell) <= 24]
    met: list[set[str]] = [{h for h in heads if re.search(group, h, re.IGNORECASE)} for group in groups]
    # Each group needs a head of its own: one column can't make a ledger.
    if not all(met) or len(set().union(*met)) < len(groups):
        return ()
    words = (re.search(group, min(one), re.IGNORECASE) for group, one in zip(groups, met, strict=True))
    return tuple(_word(word[0], group) if word else "" for word, group in zip(words, groups, strict=True))


def _spaced(text: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_\-]+", " ", text)
