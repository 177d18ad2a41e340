"""The words that speak for each category of the retention pack, in the order in which they are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """One category and what speaks for it; the expressions know no case."""

    category: str
    path: str
    """Stands in a folder or file name."""
    title: str = ""
    """Ends a short line at the start of the text."""
    heads: tuple[str, ...] = ()
    """Each is met by a column head, and they by as many different heads."""
    body: tuple[str, ...] = ()
    """Each stands in the text, for the title to count."""


RULES: Final = (
    Rule(
        "dispute",
        "投诉|诉讼|仲裁|律师函|起诉|举报|dispute|complaint|lawsuit|arbitration|litigation",
        "投诉(?:书|函|单|记录|登记表?)|起诉状|仲裁申请书?|律师函|应诉通知书|民事裁定书|民事判决书|complaint",
    ),
    Rule(
        "acct.report.annual",
        "年度财务|财务年报|年度报告|审计报告|资产负债表|利润表|现金流量表|财务报表"
        "|annual report|balance sheet|income statement|financial statements?",
        "资产负债表|利润表|现金流量表|审计报告|年度财务会计报告|balance sheet|income statement",
        ("期末余额|期末数|年末余额", "期初余额|年初余额|年初数|上年", "^(?:资产|负债和所有者权益|项目)$"),
    ),
    Rule(
        "acct.voucher",
        "(?<!登录)(?<!访问)(?<!身份)(?<!完税)凭证|voucher|journal entr(?:y|ies)",
        "(?:记账|会计|原始|收款|付款|转账)凭证|(?:accounting|journal) voucher",
        ("凭证(?:字|号|编号|日期)|voucher", "借方|debit|借贷", "科目|摘要|account|summary|金额|贷方|credit"),
    ),
    Rule(
        "acct.ledger",
        "总账|总帐|明细账|明细帐|日记账|日记帐|账簿|辅助账|科目余额|ledger",
        "总账|总帐|明细账|明细帐|日记账|科目余额表|(?:general )?ledger",
        ("科目|account", "借方|debit", "贷方|credit"),
    ),
    Rule(
        "acct.bank",
        "银行对账单|对账单|对帐单|余额调节表|银行流水|bank statement",
        "银行对账单|余额调节表|账户交易明细|bank statement",
        ("交易日期|记账日期|交易时间", "收入|支出|借方|贷方|发生额", "余额", "对方(?:户名|账号|账户|单位)"),
    ),
    Rule(
        "acct.taxreturn",
        "纳税申报|申报表|所得税申报|增值税申报|tax return",
        "(?:增值税|企业所得税|个人所得税|附加税费).{0,12}申报表|tax return",
    ),
    Rule(
        "tax.docs",
        "完税|税收缴款|涉税|出口退税|缴税|税务|(?<![a-z])tax(?![a-z])",
        "税收完税证明|税收缴款书|完税凭证",
    ),
    Rule(
        "tax.invoice_stub",
        "发票|(?<![a-z])invoices?(?![a-z])|fapiao",
        "(?:增值税)?(?:专用|普通|电子)发票|^发票|invoice",
        ("发票(?:代码|号码|号)|invoice (?:no|number)", "税额|价税合计|开票日期|税率|tax amount"),
    ),
    Rule(
        "corp.core",
        "公司章程|股东名册|股东会决议|董事会决议|清算报告|清算方案|articles of association|shareholder",
        "公司章程|股东名册|股东会决议|董事会决议|清算报告",
    ),
    Rule(
        "hr.contract",
        "劳动合同|劳务合同|聘用合同|(?:labou?r|employment) contract",
        "劳动合同书?|劳务合同|聘用合同|(?:labou?r|employment) contract",
    ),
    Rule(
        "corp.contract",
        "合同|协议|(?<![a-z])contracts?(?![a-z])|agreements?",
        "合同书?|协议书?|contract|agreement",
        body=("甲方|买方|出租方|委托方|party a|buyer", "乙方|卖方|承租方|受托方|party b|seller"),
    ),
    Rule(
        "hr.payroll",
        "工资|薪酬|薪资|payroll|salar(?:y|ies)",
        "工资(?:表|条|单|发放表)|薪资表|payroll",
        ("应发|基本工资|gross pay", "实发|社保|公积金|个税|扣款|net pay|deduction|绩效"),
    ),
    Rule(
        "net.log",
        r"日志|(?<![a-z])(?:access|error|audit|security|system|nginx|apache)[ .]log|syslog"
        r"|\.log(?:\.\d+)?(?:\.gz)?$|(?<![a-z])logs/",
    ),
    Rule(
        "bio",
        r"人脸|指纹|声纹|虹膜|\.fpt$|face ?(?:id|template|data)|fingerprint|voiceprint",
        "人脸特征|指纹模板",
    ),
    Rule(
        "crm.marketing",
        "营销|推广|画像|潜客|群发|marketing|campaign|newsletter|(?<![a-z])leads?(?![a-z])",
        "营销(?:名单|计划|活动)|推广名单|marketing list",
        ("营销|渠道|意向|标签|画像|campaign|segment", "触达|打开率|点击|退订|opt.?(?:in|out)|订阅"),
    ),
)
