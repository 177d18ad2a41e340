"""How files will be wiped and what it takes, told before two people sign for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from app.cli.console import Console
from app.cli.phrases import Phrase
from app.domain.outcome import Outcome
from app.domain.step import Step
from app.domain.wiping import Wiping
from app.flow import Flow
from app.flow.caution import idle_holds
from app.flow.outlook import Touched, outlook
from app.flow.reading import Reading, reading
from app.language import Language, hold, passes, say
from app.register.codec import plain

_READ_BACK = {
    Reading.OWN: Phrase.READ_OWN,
    Reading.ASKED: Phrase.READ_ASKED,
    Reading.GRANTED: Phrase.READ_GRANTED,
    Reading.FILE: Phrase.READ_FILE,
}


def tell_before_signing(flow: Flow, console: Console) -> None:
    """Say on stderr, or as one line of JSON, what signing lets happen; and which holds are idle."""
    plan = flow.plan()
    touched = outlook(plan)
    console.begin(Step.SIGN)
    if console.machine:
        console.result("", event="wiping", **wiping_facts(plan.wiping, touched))
    else:
        for line in wiping_lines(plan.wiping, touched, console.language):
            console.line(line)
    for idle in idle_holds(flow):
        match = idle.match
        told = (match.path, match.glob, match.category, match.tier.value if match.tier else "")
        console.phrase(
            Phrase.HOLD_IDLE,
            reason=hold(idle.reason, console.language),
            match=", ".join(filter(None, told)),
        )


def wiping_facts(wiping: Wiping, touched: Iterable[Touched]) -> dict[str, Any]:
    """Give the choice and the volumes as JSON values."""
    return {
        "wiping": wiping.plain,
        "magnetic_only": wiping.method.magnetic_only,
        "read_back": reading(wiping).value,
        "volumes": [
            {
                **plain(one.medium),
                "files": one.files,
                "file_bytes": one.bytes,
                "names_cost": asdict(one.cost) if one.cost else None,
            }
            for one in touched
        ],
    }


def wiping_lines(wiping: Wiping, touched: Iterable[Touched], language: Language) -> Iterable[str]:
    """Give the same for a person, a line each."""
    volumes = list(touched)
    yield Phrase.WIPED_BY.say(language, method=say(wiping.method, language))
    yield from (f"    {one}" for one in passes(wiping.sequence, language))
    others = [one.medium.mount for one in volumes if not one.spins]
    if wiping.method.magnetic_only and others:
        yield Phrase.NOT_MAGNETIC.say(language, mounts=", ".join(others))
    yield (
        Phrase.NAMES_KEPT.say(language, grade=say(Outcome.RESIDUE_POSSIBLE, language))
        if (not wiping.names)
        else Phrase.NAMES_GO.say(language)
    )
    yield _READ_BACK[reading(wiping)].say(language, grade=say(Outcome.OVERWRITTEN, language))
    yield (Phrase.TRIM_GIVEN if wiping.trim else Phrase.TRIM_KEPT).say(language)
    for one in volumes:
        yield from _volume_lines(one, wiping, language)


def _volume_lines(one: Touched, wiping: Wiping, language: Language) -> Iterable[str]:
    medium, unknown = one.medium, Phrase.NOT_TOLD.say(language)
    spins = {True: Phrase.SPINS, False: Phrase.FLASH, None: Phrase.KIND_UNKNOWN}[medium.rotational]
    trim = {True: Phrase.TAKES_TRIM, False: Phrase.NO_TRIM, None: Phrase.TRIM_UNKNOWN}[medium.discard]
    yield Phrase.VOLUME.say(
        language,
        mount=medium.mount,
        device=medium.device,
        system=medium.file_system,
        options=medium.options,
        bus=medium.bus or unknown,
        kind=spins.say(language),
        trim=trim.say(language),
        model=medium.model or unknown,
        serial=medium.serial or unknown,
    )
    if one.files:
        yield Phrase.VOLUME_FILES.say(language, files=f"{one.files:,}", bytes=f"{one.bytes:,}")
    if one.cost is None or not wiping.names:
        return
    if not one.cost.possible:
        yield Phrase.COST_NONE.say(language)
        return
    if not one.cost.written:
        yield Phrase.COST_NOTHING.say(language)
        return
    mib = one.cost.written / (1024 * 1024)
    yield Phrase.COST.say(language, mib=f"{mib:,.1f}", seconds=f"{one.cost.seconds:.1f}")
