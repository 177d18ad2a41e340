"""The PIM of a VeraCrypt volume is typed beside its passphrase, and opens it."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from officer_at_window import Officer
from pytestqt.qtbot import QtBot

from app.flow.caution import shut_keys
from app.ui.desk import Desk
from app.ui.pages.locate import LocatePage
from app.ui.widgets.keyphrase import KeyPhrase
from app.ui.wizard import Wizard

PIM = 7


@pytest.fixture
def volume(company: Path) -> Path:
    """A volume whose header is made after VeraCrypt's own description, with AES, SHA-512 and a PIM."""
    area, salt = bytearray(448), os.urandom(64)
    area[:8] = b"VERA\0\5\1\x0b"
    area[192:256] = os.urandom(64)
    area[8:12] = struct.pack(">I", zlib.crc32(area[192:448]))
    key = hashlib.pbkdf2_hmac("sha512", b"pass word", salt, 15000 + 1000 * PIM, 64)
    head = salt + Cipher(algorithms.AES(key), modes.XTS(bytes(16))).encryptor().update(bytes(area))
    path = company.parent / "keys" / "vault.hc"
    path.write_bytes(head.ljust(1 << 18, b"\x5a"))
    return path


@pytest.fixture
def page(wizard: Wizard, qtbot: QtBot, company: Path, volume: Path) -> LocatePage:
    officer = Officer(wizard, qtbot)
    officer.come_in(company, company.parent / "officer.p12")
    officer.know_keys(company.parent)
    page: LocatePage = officer.page(LocatePage)
    page.tabs.setCurrentIndex(2)
    page.keys.add([volume])
    page.keys.list.setCurrentRow(page.keys.list.count() - 1)
    return page


def test_what_is_typed_opens_the_volume(page: LocatePage, qtbot: QtBot, volume: Path) -> None:
    desk, row = page.desk, page.key_row.phrase
    assert page.key_row.kind.currentData() == "veracrypt"
    assert row.pim.isVisible()
    assert not row.pim.isEnabled(), "the passphrase comes first"
    qtbot.keyClicks(row.line, "pass word")
    qtbot.keyClicks(row.pim, "x07 ")
    assert row.pim.text() == "7", "a number, with no zero before it"
    assert volume not in shut_keys(desk.flow.case, desk.passphrase)
    # who looks at another key and comes back finds both as typed
    page.keys.list.setCurrentRow(0)
    assert not row.pim.isVisible()
    page.keys.list.setCurrentRow(page.keys.list.count() - 1)
    assert (row.line.text(), row.pim.text()) == ("pass word", "7")


def test_a_pim_without_a_passphrase_does_not_hide_the_one_in_the_variable(
    page: LocatePage, qtbot: QtBot, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOLUME", f"pass word\nPIM={PIM}")
    row = page.key_row.phrase
    qtbot.keyClicks(row.line, "p")
    qtbot.keyClicks(row.pim, "8")
    row.line.clear()
    row.line.textEdited.emit("")
    assert page.desk.passphrase(volume, "VOLUME") == f"pass word\nPIM={PIM}"


def test_what_was_no_volume_after_all_keeps_its_passphrase_alone(
    page: LocatePage, qtbot: QtBot, volume: Path
) -> None:
    row = page.key_row.phrase
    qtbot.keyClicks(row.line, "pass word")
    qtbot.keyClicks(row.pim, "7")
    page.key_row.corrected.emit("sqlcipher")
    assert not row.pim.isVisible()
    assert row.line.text() == "pass word"
    assert page.desk.passphrase(volume, "") == "pass word"


def test_it_is_asked_for_on_the_page_that_shreds_too(qtbot: QtBot, app: object, tmp_path: Path) -> None:
    row = KeyPhrase(Desk())
    qtbot.addWidget(row)
    row.show()
    row.show_key(tmp_path / "a.pem", "pem")
    assert not row.pim.isVisible()
    row.show_key(tmp_path / "vault.hc", "veracrypt")
    assert row.pim.isVisible()
