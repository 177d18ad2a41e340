"""What stands behind the end of a tar is named: no reader of tars gives it, and a key may lie there."""

import io
import tarfile

import pytest

from app.domain.outcome import Reason
from app.steps.shred.unpacking import Budget, Piece, Unseen, pieces, pieces_of_tar

MARK = b"the bytes by which the key is known"


def tar(content):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        info = tarfile.TarInfo("a.key")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


@pytest.mark.parametrize("piped", [True, False])
@pytest.mark.parametrize("behind", [b"", bytes(40 * 512), tar(MARK), bytes(512) + MARK])
def test_what_stands_behind_the_end_is_named(behind, piped):
    data = tar(MARK) + behind
    budget, file = Budget(1 << 30), io.BytesIO(data)
    found = list(pieces_of_tar(file, budget, 256) if piped else pieces(file, len(data), 256))
    assert any(isinstance(one, Piece) and MARK in one.data for one in found)
    unseen = {one.reason for one in found if isinstance(one, Unseen)}
    assert unseen == ({Reason.UNREADABLE} if any(behind) else set())
