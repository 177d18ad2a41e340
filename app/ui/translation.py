"""The window's translations, read from the .ts file itself: there is no compiled file to forget."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QObject, QTranslator
from typing_extensions import override

from app.language import Language
from app.system.paths import resource

_OURS: Final = "i18n/app_zh_CN.ts"
_QTS: Final = "qtbase_zh_CN"


class Translation(QTranslator):
    """The finished messages of one .ts file.

    It answers with the source text where it knows no better, so it must be the
    last translator to be asked, that is the first to be installed.
    """

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages = read_messages(file)

    @override
    def isEmpty(self) -> bool:
        return not self._messages

    @override
    def translate(self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1) -> str:
        return self._messages.get((context, sourceText), sourceText)


def read_messages(file: Path) -> dict[tuple[str, str], str]:
    """Give (context, source text) -> translation for every finished message of a .ts file."""
    root = ET.parse(file).getroot()  # noqa: S314 - our own shipped file
    messages: dict[tuple[str, str], str] = {}
    for context in root.iter("context"):
        name = context.findtext("name", "")
        for message in context.iter("message"):
            translation = message.find("translation")
            if translation is not None and translation.get("type") is None and translation.text:
                messages[name, message.findtext("source", "")] = translation.text
    return messages


def speak(app: QCoreApplication, language: Language) -> None:
    """Change the window's language at once; every widget is sent a LanguageChange event."""
    for old in app.findChildren(QTranslator):
        app.removeTranslator(old)
        old.deleteLater()
        old.setParent(None)
    if language is Language.EN:
        return
    app.installTranslator(Translation(resource(_OURS), app))
    qts = QTranslator(app)
    if qts.load(_QTS, QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(qts)
