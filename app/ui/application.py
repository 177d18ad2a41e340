"""Start the program with a window: fonts, language, what happens when something unforeseen goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QLocale, QSettings
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from app.language import Language
from app.system.paths import resource
from app.ui.mishap import catch_mishaps
from app.ui.translation import speak
from app.ui.wizard import Wizard

_CHINESE_FACES: Final = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Noto Sans SC",
    "Microsoft YaHei UI",
    "Microsoft YaHei",
    "PingFang SC",
)


def open_window(argv: Sequence[str], *, case: Path | None = None, language: str = "") -> int:
    """Show the wizard and give the exit code when it is closed.

    `case` is a case folder or a CASE.toml to begin with; `language` is zh or en,
    else the one chosen last, else the system's, where anything but English is Chinese.
    """
    app = make_application(argv)
    settings = QSettings()
    speak(app, _first_language(language or str(settings.value("language", ""))))
    catch_mishaps(app)
    wizard = Wizard()
    geometry = settings.value("geometry")
    if geometry is not None:
        wizard.restoreGeometry(geometry)
    if case is not None:
        wizard.offer(case)
    wizard.show()
    code = app.exec()
    wizard.desk.close()
    settings.setValue("language", wizard.language.value)
    settings.setValue("geometry", wizard.saveGeometry())
    return code


def make_application(argv: Sequence[str]) -> QApplication:
    """Give the one QApplication, named, in a style that looks alike on every system."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication([*argv] or [sys.argv[0]])
    app.setOrganizationName("Lethe")
    app.setApplicationName("Lethe")
    app.setApplicationDisplayName("忘川 Lethe")
    app.setDesktopFileName("lethe")
    app.setStyle("Fusion")
    app.setFont(reading_font(app.font()))
    return app


def reading_font(system: QFont) -> QFont:
    """Give the system's font with a simplified Chinese face behind it.

    Without one named, 骨 and 直 may come in their Japanese form. Where the system has
    none, the face that the certificate is set in is loaded from our own resources.
    """
    families = set(QFontDatabase.families())
    faces: list[str] = [face for face in _CHINESE_FACES if face in families]
    if not faces:
        number = QFontDatabase.addApplicationFont(str(resource("fonts/NotoSansSC-Regular.ttf")))
        faces = QFontDatabase.applicationFontFamilies(number)
    font = QFont(system)
    font.setFamilies([*faces, system.family()])
    return font


def _first_language(wish: str) -> Language:
    if wish in {known.value for known in Language}:
        return Language(wish)
    english = QLocale.system().language() == QLocale.Language.English
    return Language.EN if english else Language.ZH
