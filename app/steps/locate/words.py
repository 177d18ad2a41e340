"""The words that stand beside an identifier: column headers and labels in running text."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

ODD: Final = "odd"
"""Labels of numbers that are no one's: an order number may well pass Luhn."""

PROVINCE_SIGNS: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""The first character of a number plate (GA 36)."""

LABELS: Final[dict[str, tuple[str, ...]]] = {
    "cn.id": (
        "身份证", "身份證", "身分證", "证件号", "證件號", "公民身份号码", "居住证",
        r"\bid[ _]?(?:card|number|no)\b", r"\bsfzh\b", r"\bzjhm\b",
    ),
    "cn.mobile": (
        "手机", "手機", "电话", "電話", "联系方式", "移动号码",
        r"\bmobile", "phone", r"\btel\b", r"\bsjh\b", r"\blxdh\b",
    ),
    "bank.card": (
        "银行卡", "卡号", "卡號", "账号", "帐号", "帳號", "账户", "帳戶",
        r"\bcard", r"\bbank", r"\baccount\b", r"\byhkh?\b",
    ),
    "cn.uscc": ("信用代码", "税号", "纳税人识别号", r"\buscc\b", r"\btax[ _]?(?:id|no)\b"),
    "email": ("邮箱", "邮件", "信箱", r"\be-?mail"),
    "cn.plate": ("车牌", "号牌", r"\bplate\b", r"\bcph\b"),
    ODD: (
        "订单", "流水", "单号", "凭证号", "发票号", "合同号", "交易号", "编号", "序号", "快递", "运单",
        r"\border[ _]?(?:id|no|num)", r"\bserial", r"\btrace[ _]?(?:id|no)", r"\binvoice[ _]?(?:id|no|num)",
        r"\btracking", r"\bwaybill",
    ),
}  # fmt: skip
"""By kind of identifier; ASCII entries are expressions, matched without regard to case."""

_FAMILY: Final = {"cn.residence": "cn.id", "cn.permanent_resident": "cn.id"}
_OTHER_HEADERS: Final = re.compile(
    "姓名|客户|联系人|户名|地址|住址|生日|出生|性别|备注|日期|金额|微信|QQ|会员|公司|单位|凭证|摘要|科目|借方|贷方|余额"
    r"|\b(?:name|address|addr|date|amount|birth|gender|sex|note|remark|customer|company|city|id)\b",
    re.IGNORECASE,
)


def family(kind: str) -> str:
    """Name the kind whose labels also speak for this one."""
    return _FAMILY.get(kind, kind)


@cache
def _expressions() -> dict[str, re.Pattern[str]]:
    return {kind: re.compile("|".join(words), re.IGNORECASE | re.ASCII) for kind, words in LABELS.items()}


@cache
def header_kinds(header: str) -> frozenset[str]:
    """Give the kinds of identifier a column header announces."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", header)
    return frozenset(k for k, words in _expressions().items() if words.search(header) or words.search(spaced))


def is_header(cell: str) -> bool:
    """Whether a cell reads like the head of a column."""
    text = cell.strip()
    if not 0 < len(text) <= 24 or sum(c.isdigit() for c in text) > 2:
        return False
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text)
    return bool(header_kinds(text) or _OTHER_HEADERS.search(spaced))
