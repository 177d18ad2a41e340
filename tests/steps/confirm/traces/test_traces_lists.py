"""Lists of recently used files: gone whole or left whole, and always told."""

import os
from urllib.parse import quote

import pytest

from app.domain.copies import Disposal, Trace
from app.domain.outcome import Reason


def uri(path):
    return "file://" + quote(os.fsencode(str(path)), "!$&'()*+,-./:=@_~").replace("&", "&amp;")


def xbel(*paths):
    entries = "".join(
        f'  <bookmark href="{uri(path)}" added="2026-01-01T00:00:00Z" visited="2026-01-01T00:00:00Z">\n'
        '    <info><metadata owner="http://freedesktop.org"/></info>\n  </bookmark>\n'
        for path in paths
    )
    return f'<?xml version="1.0"?>\n<xbel version="1.0"\n>\n{entries}</xbel>'.encode()


LIST = ".local/share/recently-used.xbel"


def test_a_list_that_names_others_too_is_left_and_told(desktop):
    one, two = desktop.record("名单&1.csv", b"1"), desktop.record("b.csv", b"2")
    path = desktop.put(LIST, xbel(one.path, "/home/li/holiday.jpg", two.path))
    (copy,) = desktop.find([one, two]).values()
    assert copy.path == str(path)
    assert copy.of == tuple(sorted({one.id, two.id}))
    assert (copy.disposal, copy.reasons, copy.trace) == (
        Disposal.EXCEPTION,
        (Reason.MIXED_LIST,),
        Trace.RECENT_LIST,
    )


def test_a_list_of_nothing_else_goes(desktop):
    one, two = desktop.record("名单&1.csv", b"1"), desktop.record("b.csv", b"2")
    desktop.put(LIST, xbel(one.path, two.path))
    (copy,) = desktop.find([one, two]).values()
    assert (copy.disposal, copy.reasons) == (Disposal.WIPE, ())
    (copy,) = desktop.find([one], kept=[two]).values()
    assert (copy.disposal, copy.reasons) == (Disposal.EXCEPTION, (Reason.MIXED_LIST,))


def test_a_list_that_names_no_record_is_nothing(desktop):
    record = desktop.record("a.csv")
    desktop.put(LIST, xbel("/elsewhere/a.csv", f"{record.path}x"))
    assert desktop.find([record]) == {}


def test_kde_keeps_one_file_for_each(desktop):
    record = desktop.known(desktop.put("客户/a.csv", b"x"))
    mine = desktop.put(
        ".local/share/RecentDocuments/a.csv.desktop",
        "[Desktop Entry]\nType=Link\nURL[$e]=file:$HOME/客户/a.csv\n".encode(),
    )
    also = desktop.put(
        ".local/share/RecentDocuments/a.csv[2].desktop", f"[Desktop Entry]\nURL={uri(record.path)}\n".encode()
    )
    desktop.put(".local/share/RecentDocuments/b.desktop", b"[Desktop Entry]\nURL=file:///b\n")
    found = desktop.find([record])
    assert set(found) == {str(mine), str(also)}
    assert {copy.disposal for copy in found.values()} == {Disposal.WIPE}


@pytest.mark.parametrize(
    ("below", "text"),
    [
        (".viminfo", '# Oldfiles:\n> ~/c/a.csv\n\t"\t1\t0\n'),
        (".viminfo", "'0  1  0  ~/c/a.csv\n"),
        (".emacs.d/recentf", '(setq recentf-list\n \'(\n  "~/c/a.csv"\n  ))\n'),
        (
            ".config/libreoffice/4/user/registrymodifications.xcu",
            '<item><node oor:name="file://{home}/c/a.csv" oor:op="replace"/></item>',
        ),
    ],
)
def test_lists_that_hold_other_things_are_left_and_told(desktop, below, text):
    record = desktop.known(desktop.put("c/a.csv", b"x"))
    path = desktop.put(below, text.replace("{home}", str(desktop.home)).encode())
    found = desktop.find([record])
    assert {one: copy.reasons for one, copy in found.items()} == {str(path): (Reason.MIXED_LIST,)}


def test_gedit_remembers_where_the_cursor_stood(desktop):
    record = desktop.record("a.csv")
    desktop.put(
        ".local/share/gedit/gedit-metadata.xml",
        f'<metadata>\n <document uri="{uri(record.path)}" atime="1"/>\n</metadata>'.encode(),
    )
    assert [copy.disposal for copy in desktop.find([record]).values()] == [Disposal.WIPE]


def test_the_list_is_read_and_not_unfolded(desktop):
    """Entities that multiply are text to us."""
    record = desktop.record("a.csv")
    bomb = b'<!DOCTYPE x [<!ENTITY a "' + b"&b;" * 1000 + b'">]><bookmark href="&a;">'
    desktop.put(LIST, bomb + xbel(record.path))
    (copy,) = desktop.find([record]).values()
    assert copy.reasons == (Reason.MIXED_LIST,)
