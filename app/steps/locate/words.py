"""The words that stand beside an identifier: column headers and labels in running text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Final

ODD: Final = "odd"
"""Labels of numbers that are no one's: an order number may well pass Luhn."""

PROVINCE_SIGNS: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""The first character of a number plate (GA 36)."""

_SIMPLE: Final[dict[str, tuple[str, ...]]] = {
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
    "cn.landline": ("固话", "座机", "固定电话", "传真", r"\bfax\b", r"\blandline\b"),
    "cn.passport": ("护照", "護照", "passport", r"\bhzh\b"),
    "cn.hkmo_permit": ("港澳通行", "回乡证", "回鄉證", "内地通行证", "內地通行證", "home return permit"),
    "cn.tw_permit": ("台胞证", "臺胞證", "台湾通行", "台灣通行", "臺灣通行", "大陆通行证", "mtp number"),
    "hk.id": ("香港身份", "香港身分", r"\bhkid"),
    "mo.id": ("澳门身份", "澳門身份", "澳门居民身份", r"\bbir number\b"),
    "tw.id": ("台湾身份", "台灣身分", "身分证字号", "身分證字號", r"\broc[ _]id\b"),
    "cn.military": ("军官证", "士兵证", "警官证", "文职干部证", "军人证"),
    "cn.social": (
        *("社保号", "社保卡", "社保编号", "社保账号", "社会保障号"),
        *("公积金账号", "公积金号", "医保号", "医保卡"),
        *(r"\bsbh\b", r"\bsocial security"),
    ),
    "cn.driver": ("驾驶证档案", "驾照档案", "档案编号", r"\bdabh\b"),
    "cn.org": (
        *("组织机构代码", "机构代码", "工商注册号", "营业执照号", "注册号"),
        r"\borg(?:anisation|anization)? code\b",
    ),
    "wechat": ("微信", "wechat", "weixin", "openid", r"\bwx(?:id|h|号)?\b"),
    "qq": ("QQ号", r"\bqq\b", r"\boicq\b"),
    "ip": (
        *("IP地址", r"\bip\b", r"\bipv[46]\b", r"\bip[ _]?addr", r"\bclient:"),
        r"\b(?:remote|client|login|last)[ _]?ip\b",
    ),
    "mac": ("物理地址", "MAC地址", r"\bmac\b", r"\bmac[ _]?addr"),
    "imei": ("手机串号", r"\bimei[12]?\b", r"\bmeid\b"),
    "device.id": (
        *("设备标识", "设备号", "设备码", r"\bimsi\b", r"\biccid\b", r"\boaid\b", r"\bidfa\b"),
        *(r"\bandroid[ _]?id\b", r"\bdevice[ _]?id\b"),
    ),
    "vin": ("车架号", "车辆识别", r"\bvin\b", r"\bcjh\b"),
    "gps": ("经度", "經度", "经纬度", "坐标", r"\blng\b", r"\blon\b", r"\blongitude\b", r"\bgps\b"),
    "secret.password": (
        *("密码", "密碼", "口令", r"passw(?:or)?d", r"\bpwd\b", r"\bpassphrase\b"),
        *(r"\bapi[ _\-]?(?:key|secret)\b", r"(?:access|secret)[ _\-]?key", r"client[ _\-]?secret"),
    ),
    "name": (
        *("姓名", "联系人", "聯絡人", "户名", "客户名称", "收货人", "收件人", "寄件人", "持卡人"),
        *("投保人", "被保险人", "受益人", "申请人", "法定代表人", "经办人", "户主", "业主", "患者"),
        *("甲方：", "乙方：", "客户：", "客户:", r'"name"', "'name'"),
        r"\b(?:full|real|true|user|cust|customer|client|contact|member|patient)[ _]?name\b",
        *(r"\bxm\b", r"\bkhxm\b", r"\bkhmc\b", r"\blxr\b"),
    ),
    "address": (
        *("地址", "住址", "住所", "现居住地", "户籍所在地", r"\baddr(?:ess)?\b", r"\bdz\b", r"\btxdz\b"),
        r"\b(?:home|mailing|shipping|delivery|contact)[ _]?addr",
    ),
    ODD: (
        "订单", "流水", "单号", "凭证号", "发票号", "合同号", "交易号", "编号", "序号", "快递", "运单",
        "货号", "批号", "条码", "条形码", "时间戳", "设备编码",
        r"\bsku", r"\bbarcode", r"\btimestamp\b", r"\bs/n\b",
        r"\border[ _]?(?:id|no|num)", r"\bserial", r"\btrace[ _]?(?:id|no)", r"\binvoice[ _]?(?:id|no|num)",
        r"\btracking", r"\bwaybill",
    ),
}  # fmt: skip
_HEADS: Final = {"name": (r"^\s*(?:name|customer|contact|客户|客戶|顾客|会员|员工|学生|名字)\s*$",)}
"""What names a kind as the whole head of a column, and says too little in running text."""
_TRADITIONAL: Final = str.maketrans(
    "证号码体会组织机构设备识别产权车护驾驶档编银帐户邮资湾军官经纬录账统纳税执业传真电话联系动标单内陆胞门居订运货发凭递顾称办请险现",
    "證號碼體會組織機構設備識別產權車護駕駛檔編銀帳戶郵資灣軍官經緯錄賬統納稅執業傳真電話聯繫動標單內陸胞門居訂運貨發憑遞顧稱辦請險現",
)
LABELS: Final = {
    kind: tuple(dict.fromkeys((*words, *(word.translate(_TRADITIONAL) for word in words))))
    for kind, words in _SIMPLE.items()
}
"""By kind of identifier, in both ways to write Chinese; ASCII entries are expressions that know no case."""

_FIRST: Final = 64
_FAMILY: Final = {"cn.residence": "cn.id", "cn.permanent_resident": "cn.id", "cn.id15": "cn.id"}
ALSO: Final = {
    **dict.fromkeys(("cn.passport", "cn.hkmo_permit", "cn.tw_permit", "hk.id", "mo.id", "tw.id"), "cn.id"),
    "cn.landline": "cn.mobile",
}
"""Kinds that another kind's labels name too: a column of papers holds passports, one of phones landlines."""
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
    said = {kind: (*words, *_HEADS.get(kind, ())) for kind, words in LABELS.items()}
    return {kind: re.compile("|".join(words), re.IGNORECASE | re.ASCII) for kind, words in said.items()}


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


def heads_among(cells: Iterable[str]) -> str:
    """Give, of the first strings of a workbook, those that are heads of columns and name a kind."""
    some = (cell for cell in islice(cells, _FIRST) if not cell.isdecimal())
    return " ".join(cell for cell in some if is_header(cell) and header_kinds(cell) - {ODD})
