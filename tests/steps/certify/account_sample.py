"""An account with Chinese data, rare characters and hostile names, to certify in tests."""

from __future__ import annotations

from dataclasses import replace

from app.domain.case import CaseKind, NameLevel, Profile, Scale
from app.domain.copies import Searched
from app.domain.fate import Fate, Ground
from app.domain.medium import Medium
from app.domain.outcome import Evidence, KeepOutcome, KeyOutcome, Outcome, Reason
from app.domain.plan import Subject
from app.domain.record import Tier
from app.steps.certify.account import Account, Coverage, Line, Signer
from app.steps.certify.status import Closing

GOOD = Evidence("keystream-1", (Reason.NAMES_NOT_PURGED,), (("passes", 1), ("bytes", 4096)))
HOSTILE = (
    '<img src="file:///etc/hostname"/>',
    '<font color="white">白</font>.csv',
    "客*/\u202egnp.exe",
    "客*/a\nb\tc.txt",
    "=cmd|'/C calc'!A0",
    "客*/\udcff\udcfe.bin",
    "👩‍💻 emoji.txt",
    "㐱䶮㛃𬭚𫍽𫖮𬀩𬸚𫘜𪨰𦈡㵐鿏鿭.pdf",
    "𠮷𡒄.pdf",
    "很长的名字" * 30 + ".xlsx",
    "a_very_long_name_without_any_space" * 8 + ".csv",
)


def line(n: int, **changes: object) -> Line:
    values: dict[str, object] = {
        "id": f"r-{n:016x}",
        "subject": Subject.RECORD,
        "name": "客*/张*_身份证…pdf",
        "fate": Fate.WIPE,
        "ground": Ground.RULE,
        "rule": "case.1",
        "law": "",
        "tier": Tier.SENSITIVE,
        "category": "crm.contact",
        "people": 3,
        "bytes": 4096 + n,
        "outcome": Outcome.OVERWRITTEN,
        "evidence": GOOD,
        "settled_at": "2026-11-21T10:00:00Z",
    }
    told = {**values, **changes}
    return Line(**{"listed": told["name"], **told})


def clean(count: int = 12, **changes: object) -> Account:
    """An account in which everything ended well."""
    return replace(_account(tuple(line(n) for n in range(count))), **changes)


def mixed(failures: int = 6, **changes: object) -> Account:
    """An account with everything in it: kept, sealed, binned, failed, keys, copies, hostile names."""
    lines = [
        line(n, tier=list(Tier)[n % 3], category=["crm.contact", "crm.marketing"][n % 2]) for n in range(40)
    ]
    lines += [line(100 + n, name=name) for n, name in enumerate(HOSTILE)]
    failed = Evidence("keystream-1", (Reason.CHANGED,))
    lines += [
        line(200 + n, name=HOSTILE[n % len(HOSTILE)], outcome=Outcome.FAILED, evidence=failed)
        for n in range(failures)
    ]
    lines += [
        line(300, outcome=None, evidence=None, settled_at=""),
        line(
            301, fate=Fate.TRASH, outcome=Outcome.REMOVED, evidence=Evidence("trash", (Reason.MOVED_TO_BIN,))
        ),
        line(
            302,
            outcome=Outcome.RESIDUE_POSSIBLE,
            evidence=Evidence("keystream-1", (Reason.COPY_ON_WRITE, Reason.FLASH)),
        ),
    ]
    law = "会计档案管理办法 第14条"
    for n in range(5):
        lines.append(
            line(
                400 + n,
                fate=Fate.SEAL,
                ground=Ground.RETENTION,
                rule="acct.voucher",
                law=law,
                category="acct.voucher",
                outcome=KeepOutcome.SEALED,
                evidence=Evidence("digest"),
            )
        )
    lines.append(
        line(
            420,
            fate=Fate.FREEZE,
            ground=Ground.HOLD,
            rule="complaint",
            law="民法典 第188条",
            outcome=KeepOutcome.FROZEN,
            evidence=Evidence("digest"),
        )
    )
    lines.append(
        line(
            421,
            fate=Fate.LEAVE,
            ground=Ground.UNREADABLE,
            rule="",
            people=0,
            outcome=KeepOutcome.LEFT,
            evidence=Evidence("stat", (Reason.UNREADABLE,)),
        )
    )
    lines.append(
        line(
            500,
            subject=Subject.KEY,
            id="k-1",
            name="keys/master.pem",
            fate=Fate.SHRED,
            ground=Ground.KEY,
            people=0,
            bytes=1704,
            outcome=KeyOutcome.KEY_DESTROYED_HERE,
            evidence=Evidence("overwrite-key-2", (Reason.COPIES_DECLARED_ONLY, Reason.ESCROW_UNKNOWN)),
        )
    )
    lines.append(line(501, subject=Subject.COPY, id="c-1", name="备*/张*…zip", people=0))
    lines.append(
        line(
            502,
            subject=Subject.COPY,
            id="c-2",
            name="备*/全*…zip",
            people=0,
            fate=Fate.LEAVE,
            outcome=KeepOutcome.LEFT,
            evidence=Evidence("stat", (Reason.MIXED_ARCHIVE,)),
        )
    )
    searched = (
        Searched("backup/2026", 120, 840, 31),
        Searched("borg:repo", 0, 0, 0, (Reason.NOT_SEARCHED,)),
    )
    return replace(_account(tuple(lines)), searched=searched, **changes)


def closing(outcome: KeyOutcome = KeyOutcome.KEY_DESTROYED_HERE) -> Closing:
    return Closing(outcome, Evidence("overwrite-key-2", (Reason.COPIES_DECLARED_ONLY,)))


def _account(lines: tuple[Line, ...]) -> Account:
    return Account(
        case="2026-001",
        number="〔2026〕示销证字第001号",
        machine_id="XH-20261121-7F3A9C01",
        company="示例科技（福州）有限公司",
        uscc="91350100M000100Y43",
        kind=CaseKind.ORDINARY,
        scale=Scale.UNDER_1M,
        dates=(("dissolved", "2026-08-01"), ("committee", "2026-08-10"), ("announced", "2026-08-20")),
        profile=Profile.STANDARD,
        rehearsal=False,
        language="zh",
        names=NameLevel.MASKED,
        opened_at="2026-11-20T08:00:00Z",
        begun_at="2026-11-21T09:30:00Z",
        ended_at="2026-11-21T10:02:11Z",
        plan="5f" * 32,
        pack="2026-11-01",
        signers=(
            Signer("officer", "王𬭚", "ab" * 32, "2026-11-21T09:20:00Z"),
            Signer("witness", "李四", "cd" * 32, "2026-11-21T09:21:00Z"),
        ),
        coverage=Coverage(310, 48_211_902, 64, 243, 0, 3, 0, (("encrypted", 1), ("image_not_read", 2))),
        lines=lines,
        searched=(),
        media=(
            Medium(
                "/dev/nvme0n1p2",
                "/",
                "ext4",
                "rw,relatime,errors=remount-ro",
                "Samsung SSD 990 PRO 2TB",
                "S73WNJ0TC01234",
                "nvme",
                rotational=False,
                discard=True,
                bytes=2_000_398_934_016,
            ),
        ),
        locations=("customers", "共享/客*"),
        journal_count=412,
        journal_head="e1" * 32,
        tool="Lethe 0.1.0",
        system="Linux 6.1 x86_64, Python 3.11.7",
        salts="5a" * 32,
    )
