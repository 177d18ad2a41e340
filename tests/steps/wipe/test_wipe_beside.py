"""What lies beside the content, and what was cut away, lowers what may be said."""

from __future__ import annotations

import errno
import os

import pytest

from app.domain.outcome import Outcome, Reason
from app.domain.step import Stage
from app.system import attributes


def test_an_extended_attribute_is_said(job):
    path = job.folder / "有标记.txt"
    path.write_bytes(b"content " * 600)
    try:
        os.setxattr(path, "user.customer", "欧阳春晓".encode())
    except OSError as error:
        pytest.skip(f"no extended attributes here: {error}")
    item = job.add(path)
    end = job.run()[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.OTHER_STREAMS in end.evidence.limits


@pytest.mark.parametrize(
    ("answer", "there"),
    [
        (["security.selinux", "system.posix_acl_access"], False),
        (["user.note"], True),
        (OSError(errno.ENOTSUP, "no"), False),
        (OSError(errno.EIO, "broken"), True),
    ],
)
def test_attributes_are_asked_for(monkeypatch, answer, there):
    def told(_fd):
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(os, "listxattr", told)
    assert attributes.has_attributes(3) is there
    monkeypatch.delattr(os, "listxattr")
    assert not attributes.has_attributes(3)


def test_a_file_cut_after_a_stop_is_left(job):
    item = job.add(job.folder / "短.txt", b"content " * 2000)
    os.truncate(item.path, 8192)
    end = job.run(stages={item.id: Stage.BEGUN})[item.id]
    assert (end.outcome, end.evidence.limits[0]) == (Outcome.FAILED, Reason.CHANGED)
