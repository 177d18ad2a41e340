import pytest

from app.domain.case import NameLevel
from app.steps.certify import masked

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/data/customers/张三_身份证正面.pdf", "张*_身份证…pdf"),
        ("/data/customers/客户资料/王小明/合同 13800138000.docx", "客*/王*/合*…docx"),
        ("/data/customers/a/b/c/d/John Smith.XLSX", "a*/b*/…/J*…xlsx"),
        ("/data/customers/110101199003074477.jpg", "*…jpg"),
        ("/data/customers/README", "R*…"),
        ("/data/customers/备份.张三丰", "备*…"),
        ("/data/customers/.env", "*…"),
        ("C:\\data\\客户\\李四.csv", "李*…csv"),
    ],
)
def test_masked(path, expected):
    location = "C:\\data\\客户" if path.startswith("C:") else "/data/customers"
    assert masked(path, location, NameLevel.MASKED, KEY) == expected


def test_no_digit_and_no_name_survives_masking():
    path = "/data/customers/13800138000/陈大文 6222021234567890123.pdf"
    shown = masked(path, "/data/customers", NameLevel.MASKED, KEY)
    assert not any(c.isdigit() for c in shown)
    assert "大文" not in shown


def test_handle_is_extension_and_16_hex():
    shown = masked("/data/customers/张三.pdf", "/data/customers", NameLevel.HANDLE, KEY)
    kind, digits = shown.split("-")
    assert kind == "pdf"
    assert len(digits) == 16
    int(digits, 16)
    assert shown != masked("/data/customers/张三.pdf", "/data/customers", NameLevel.HANDLE, b"x" * 32)
    assert shown == masked("/data/customers/张三.pdf", "/elsewhere", NameLevel.HANDLE, KEY)


def test_full_and_none():
    assert masked("/d/c/x/张三.pdf", "/d/c", NameLevel.FULL, KEY) == "x/张三.pdf"
    assert masked("/d/c/张三.pdf", "/d/c", NameLevel.NONE, KEY) == ""
    assert masked("/d/c/张三.pdf", "/d/c/张三.pdf", NameLevel.FULL, KEY) == "张三.pdf"
    assert masked("/d/other/张三.pdf", "/d/c", NameLevel.FULL, KEY) == "张三.pdf"


def test_bytes_that_are_no_text():
    assert masked("/d/c/\udcff\udcfe.bin", "/d/c", NameLevel.MASKED, KEY) == "*…bin"
    assert masked("/d/c/\udcff.bin", "/d/c", NameLevel.HANDLE, KEY).startswith("bin-")


@pytest.mark.parametrize("name", ["contract.zhang", "contract.li", "a.csv.wang", "x.Zhou"])
def test_a_person_behind_a_dot_is_no_extension(name):
    for level in (NameLevel.MASKED, NameLevel.HANDLE):
        assert name.rpartition(".")[2].lower() not in masked(f"/d/{name}", "/d", level, b"key").lower()
