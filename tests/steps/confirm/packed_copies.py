"""What goes, what stays, and archives of both; and the search for the copies among them."""

import hashlib

from app.domain.case import Backup
from app.domain.event import BackupSearched, CopyFound
from app.steps.confirm import Wanted, find_copies

KEY = b"k" * 32


GOES = b"name,phone\nA,13800138000\n" * 50


ALSO = b"name,mail\nB,b@example.com\n" * 60


STAYS = b"voucher 2020\n" * 70


OTHER = b"a picture of the office\n" * 33


def sha(data):
    return hashlib.sha256(data).hexdigest()


def wanted(own=None, kept=(STAYS,)):
    return Wanted(
        doomed={sha(GOES): ("r-goes",), sha(ALSO): ("r-also", "k-also")},
        sizes=frozenset({len(GOES), len(ALSO)}),
        kept=frozenset(sha(data) for data in kept),
        own=own or {},
    )


def search(*backups, want=None, exclude=()):
    events = list(find_copies(backups, want or wanted(), key=KEY, exclude=exclude))
    return (
        [e.copy for e in events if isinstance(e, CopyFound)],
        [e.searched for e in events if isinstance(e, BackupSearched)],
    )


def one(path, kind="archive", want=None):
    """The one copy found at `path` and the search's limits."""
    copies, (searched,) = search(Backup(kind, path), want=want)
    assert searched.copies == len(copies) <= 1
    return (copies[0] if copies else None), set(searched.limits)


BOTH = {"客户/一.csv": GOES, "b c.csv": ALSO}


MIXED = {**BOTH, "photo.txt": OTHER}
