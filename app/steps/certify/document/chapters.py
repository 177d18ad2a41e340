"""What each block of the certificate says: from the account to strips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.domain.fate import Ground
from app.domain.medium import Medium
from app.domain.outcome import AnyOutcome
from app.domain.plan import Subject
from app.steps.certify.account import Account, Coverage, Line
from app.steps.certify.document.conditions import conditions_told, legend
from app.steps.certify.page.breaking import visible
from app.steps.certify.page.sheet import BODY, NOTE, SMALL, Strip
from app.steps.certify.page.strips import Column, fields, paragraph, table
from app.steps.certify.status import Closing, destroyed
from app.steps.certify.tally import (
    KeptRow,
    Sum,
    by_category,
    by_ground,
    by_method,
    records_of,
    summed,
    traces_of,
)
from app.steps.certify.wording import Words, amount

TRAINING: Final = "training"
"""The folder of `evidence/` whose documents show that the people were trained."""
_KINDS: Final = 10
"""Kinds of identifiers that the front names; the manifest has all."""


def label_width(words: Words) -> float:
    """How wide the labels of fields are in this language."""
    return {1: 68.0, 2: 98.0}[len(words.languages)]


def company(account: Account, words: Words, issued_at: str) -> list[Strip]:
    """主体: who, why, when."""
    pairs = [
        ("field.company", visible(account.company)),
        ("field.uscc", account.uscc),
        ("field.kind", words.said(account.kind)),
        ("field.scale", words.said(account.scale)),
        *((f"field.{name}", day) for name, day in account.dates),
        ("field.case", account.case),
        ("field.period", f"{clock(account.begun_at)} – {clock(account.ended_at)}"),
        ("field.issued", clock(issued_at)),
    ]
    return fields([(words.label(key), value) for key, value in pairs if value], label_width(words))


def basis(account: Account, words: Words) -> list[Strip]:
    """依据: the law by the kind of case, and the rule pack."""
    pairs = [("field.pack", account.pack), ("field.profile", words.said(account.profile))]
    return [
        *paragraph(words.lines(f"basis.{account.kind.value}"), SMALL),
        *fields([(words.label(key), value) for key, value in pairs], label_width(words)),
    ]


def scope(account: Account, words: Words) -> list[Strip]:
    """范围: where was looked, what was found, by tier and category."""
    coverage = account.coverage
    facts = {
        name: f"{getattr(coverage, name):,}"
        for name in ("files", "found", "clean", "unreadable", "skipped", "not_looked_at")
    }
    looked = words.lines("sentence.scope", **facts, bytes=amount(coverage.bytes))
    problems = words.label("title.none")
    if coverage.problems:
        problems = "; ".join(f"{words.problem(name)} ×{count:,}" for name, count in coverage.problems)
    pairs = [
        (
            words.label("field.locations"),
            _places(account.locations, words),
        ),
        (words.label("field.looked"), looked),
        (words.label("field.problems"), problems),
        *([(words.label("field.kinds"), _kinds(coverage, words))] if coverage.kinds else []),
    ]
    heads = ("tier", "category", "records", "destroyed", "kept", "exceptions", "people", "bytes")
    columns = [
        Column(words.lines(f"column.{head}"), share, 1.0 if n > 1 else 0.0)
        for n, (head, share) in enumerate(
            zip(heads, (0.95, 4.8, 0.78, 0.97, 0.6, 1.05, 0.72, 0.95), strict=True)
        )
    ]
    rows = [
        (words.stacked(tier), words.category(category), *_numbers(total))
        for tier, category, total in by_category(account)
    ]
    total = (words.label("column.total"), "", *_numbers(summed(records_of(account))))
    return [
        *fields(pairs, label_width(words), columns=1),
        *table(columns, rows, above=4, last=[total]),
        *paragraph(words.lines("sentence.people"), NOTE, above=3),
        *(
            paragraph(words.lines("sentence.people_in_all", count=f"{coverage.people:,}"), NOTE, above=2)
            if coverage.people
            else []
        ),
    ]


def _kinds(coverage: Coverage, words: Words) -> str:
    """What was found: the case's own patterns first, then the kinds with the most values."""
    ordered = sorted(coverage.kinds, key=lambda one: (not one[0].startswith("custom."), -one[1], one[0]))
    shown = [f"{words.kind(name)} ×{values:,} ({records:,})" for name, values, records in ordered[:_KINDS]]
    return "; ".join(shown) + ("; …" if len(ordered) > _KINDS else "")


def methods(account: Account, words: Words) -> list[Strip]:
    """方法: what was done to the bytes, how often, how it ended."""
    columns = _columns(words, ("subject", 0.7), ("count", 0.6, 1), ("bytes", 1, 1), ("method", 6.5))
    rows, told = [], ""
    # Those done alike stand below each other, so that what was done is told once.
    for row in sorted(by_method(account), key=lambda row: (row.method, row.passes)):
        done = "\n".join(filter(None, (words.method(row.method), words.passes(row.passes))))
        text = words.label("title.ditto") if done == told else done
        rows.append(
            (
                words.stacked(row.subject),
                f"{row.sum.lines:,}",
                amount(row.sum.bytes),
                f"{text}\n{_outcomes(row.outcomes, words)}",
            )
        )
        told = done
    return table(columns, rows) if rows else paragraph(words.lines("method.none"))


def media(account: Account, words: Words) -> list[Strip]:
    """介质: what NIST SP 800-88r2 section 4.6 asks of a medium, as far as the system tells it."""
    note = paragraph(words.lines("sentence.media_note"), NOTE, above=3)
    if not account.media:
        return [*paragraph(words.lines("sentence.no_media")), *note]
    columns = _columns(
        words, ("device", 2.1), ("model", 2.2), ("type", 1.7), ("file_system", 2.4), ("size", 0.8, 1)
    )
    unknown = words.label("title.unknown")
    rows = [
        (
            " · ".join(filter(None, (medium.device, medium.mount))),
            " · ".join(filter(None, (medium.model, medium.serial))) or unknown,
            _kind_of(medium, words),
            f"{medium.file_system} · {medium.options}",
            amount(medium.bytes) if medium.bytes else unknown,
        )
        for medium in account.media
    ]
    return [*table(columns, rows), *note]


def keys(account: Account, words: Words, closing: Closing) -> list[Strip]:
    """密钥: each key's verdict and its conditions; the register's own key last."""
    columns = _columns(words, ("key", 4.0), ("verdict", 2.8), ("conditions", 2.8))
    rows, told = [], ("", "")
    for line in account.lines:
        if line.subject is Subject.KEY:
            limits = words.reasons(line.evidence.limits) if line.evidence else ""
            limits += conditions_told(line.evidence, words)
            ended = (outcome(line.outcome, words) + _until(line, words), limits)
            shown = (words.label("title.ditto"), "") if ended == told else ended
            rows.append((f"{line.id}\n{visible(line.name)}".rstrip(), *shown))
            told = ended
    slot = (
        f"{words.lines('sentence.slot')}\n{words.method(closing.evidence.method)}",
        outcome(closing.outcome, words),
        words.reasons(closing.evidence.limits) + conditions_told(closing.evidence, words),
    )
    none = [] if rows else paragraph(words.lines("sentence.no_keys"))
    asked = paragraph(legend(words), above=3)
    return [*none, *table(columns, rows, above=4 if none else 0, last=[slot]), *asked]


def _until(line: Line, words: Words) -> str:
    """The date on which a store destroys a key, on a line of its own."""
    date = str(dict(line.evidence.facts).get("until", "")) if line.evidence else ""
    return f"\n{words.label('sentence.until', date=clock(date))}" if date else ""


def copies(account: Account, words: Words) -> list[Strip]:
    """副本: which backups were searched, with what limits, and what became of the copies and traces."""
    found = [line for line in account.lines if line.subject is Subject.COPY]
    if not account.searched:
        none = paragraph(words.lines("sentence.no_copies"))
        return [*none, *_told_of(found, words)] if found else none
    columns = _columns(
        words, ("backup", 3), ("files", 0.9, 1), ("members", 0.9, 1), ("copies", 0.9, 1), ("conditions", 3.4)
    )
    rows = [
        (
            visible(one.backup),
            f"{one.files:,}",
            f"{one.members:,}",
            f"{one.copies:,}",
            words.reasons(one.limits) + _unopened(one.unopened, words),
        )
        for one in account.searched
    ]
    return [
        *table(columns, rows),
        *_told_of(found, words),
        *paragraph(words.lines("sentence.copies_note"), NOTE, above=2),
    ]


def _unopened(count: int, words: Words) -> str:
    """How many archives and mails in a repository were not looked into, on a line of its own."""
    return f"\n{words.label('sentence.unopened', count=count)}" if count else ""


def _told_of(found: Sequence[Line], words: Words) -> list[Strip]:
    """What became of copies, and of those that are traces kind by kind."""
    gone = sum(destroyed(line) for line in found)
    told = paragraph(words.lines("sentence.copies", count=len(found), destroyed=gone), SMALL, above=3)
    kinds = traces_of(found)
    if not kinds:
        return told
    # Each kind in its own words, so that the sentence is made for each language by itself.
    lines = [
        f"{words.said(row.trace)}{words.colon}"
        + words.lines("sentence.traces", count=row.count, destroyed=row.destroyed).replace("\n", " / ")
        for row in kinds
    ]
    return [*told, *paragraph("\n".join(lines), SMALL, above=1)]


def evidence(account: Account, words: Words) -> list[Strip]:
    """证据: training, and each document of the checklist by its digest."""
    trained = sum(one.kind == TRAINING for one in account.papers)
    if not account.papers:
        return paragraph(words.lines("sentence.no_papers"), SMALL)
    said = words.lines("sentence.trained" if trained else "sentence.untrained", count=f"{trained:,}")
    strips = fields([(words.label("field.training"), said)], label_width(words), columns=1)
    columns = _columns(words, ("paper", 1.7), ("name", 2.3), ("bytes", 0.8, 1), ("digest", 5.2))
    rows = [
        (
            words.lines(f"paper.{one.kind}") if words.has(f"paper.{one.kind}") else visible(one.kind),
            visible(one.name),
            amount(one.bytes),
            one.sha256,
        )
        for one in account.papers
    ]
    return [*strips, *table(columns, rows, above=2)]


def kept(account: Account, words: Words) -> list[Strip]:
    """未销毁: what is sealed, frozen, transferred or left, and why."""
    rows = [
        (
            words.stacked(row.fate),
            f"{row.sum.lines:,}",
            amount(row.sum.bytes),
            "\n".join(
                filter(None, (_ground(row, words), _outcomes(row.outcomes, words), words.law(row.law)))
            ),
        )
        for row in by_ground(account)
    ]
    columns = _columns(words, ("fate", 1.25), ("count", 0.55, 1), ("bytes", 0.8, 1), ("ground", 7.0))
    return table(columns, rows) if rows else paragraph(words.lines("sentence.no_kept"), BODY)


def clock(moment: str) -> str:
    """Write an RFC 3339 time for people: `2026-11-21 10:02 UTC`; other text stays."""
    if len(moment) >= 20 and moment[10] == "T" and moment.endswith("Z"):
        return f"{moment[:10]} {moment[11:16]} UTC"
    return moment


def outcome(ended: AnyOutcome | None, words: Words) -> str:
    """Put an outcome in words; without one, say that the journal holds none."""
    return words.stacked(ended) if ended else words.lines("failing.no_outcome")


def _places(names: Sequence[str], words: Words) -> str:
    """Write the locations; how many, when the case's name level hides them."""
    if names and not any(names):
        return words.lines("sentence.unnamed", count=len(names))
    return " · ".join(visible(name) for name in names) or words.label("title.none")


def _outcomes(counts: Sequence[tuple[AnyOutcome | None, int]], words: Words) -> str:
    return "\n".join(f"{count:,} × {_short(ended, words)}" for ended, count in counts)


def _short(ended: AnyOutcome | None, words: Words) -> str:
    return words.said(ended) if ended else words.label("failing.no_outcome")


def _ground(row: KeptRow, words: Words) -> str:
    """Name what it rests on: the hold's reason, or the rule and its id."""
    if row.ground is Ground.HOLD:
        return f"{words.said(row.ground)}{words.colon}{words.hold(row.rule)}"
    if row.ground in (Ground.EXCEPTION, Ground.COPY):
        named = words.why(row.rule)
    else:
        named = words.category(row.rule).replace("\n", " / ") if row.ground is Ground.RETENTION else row.rule
    return f"{words.said(row.ground)}{words.colon}{named}" if named else words.said(row.ground)


def _columns(words: Words, *heads: tuple[str, float] | tuple[str, float, float]) -> list[Column]:
    return [Column(words.lines(f"column.{head[0]}"), *head[1:]) for head in heads]


def _numbers(total: Sum) -> tuple[str, ...]:
    counts = (total.lines, total.destroyed, total.kept, total.failing, total.people)
    return (*(f"{count:,}" for count in counts), amount(total.bytes))


def _kind_of(medium: Medium, words: Words) -> str:
    kind = {True: "rotational", False: "flash", None: "unknown"}[medium.rotational]
    parts = [medium.bus, words.label(f"medium.{kind}")]
    if medium.discard:
        parts.append(words.label("medium.trim"))
    return " · ".join(filter(None, parts))
