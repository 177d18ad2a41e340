"""What may be typed after `lethe`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from app import __version__

_CASE_DIR: Final = "the folder that holds journal.jsonl / 内有 journal.jsonl 的案件文件夹"
_PATH: Final = "folder, file, or postgresql://name@host/database / 文件夹、文件或数据库地址"
_EXIT_CODES: Final = """\
exit codes / 退出码:
  0    as asked / 照办
  1    refused or not valid / 拒绝，或核验未通过
  2    usage or unreadable input / 用法有误，或输入无法读取
  3    finished with exceptions; the certificate lists them / 已完成但有例外，见证明
  130  stopped, can be resumed / 已停止，可继续
`lethe VERB --help` says more of a verb / 各命令的用法"""


if TYPE_CHECKING:
    _Verbs = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names no public type


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the arguments. Wrong ones end the program with exit code 2, as argparse does."""
    return _parser().parse_args(argv)


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="lethe",
        description="忘川 Lethe. Without a verb it opens the wizard / 不带命令则打开向导",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"Lethe {__version__}")
    top.add_argument(
        "--case", metavar="CASE_DIR|CASE.toml", default="", help="open this case in the wizard / 打开案件"
    )
    top.add_argument("--lang", choices=("zh", "en"), help="language / 语言")
    verbs = top.add_subparsers(dest="verb", metavar="VERB")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="one JSON object a line / 每行一个 JSON 对象")
    common.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help="language / 语言")

    _case_verbs(verbs, common)
    _locate_verb(verbs, common)
    _verify_verb(verbs, common)
    _proof_verbs(verbs, common)
    _identity_verb(verbs, common)
    verbs.add_parser("self-test", parents=[common], help="check this installation / 自检")
    return top


def _locate_verb(verbs: _Verbs, common: argparse.ArgumentParser) -> None:
    locate = verbs.add_parser("locate", parents=[common], help="look only; change nothing / 只查找，不改动")
    locate.add_argument("paths", nargs="+", metavar="PATH", help=_PATH)
    locate.add_argument(
        "--jobs",
        type=_positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes, one for each core if not given / 并行进程数",
    )
    locate.add_argument(
        "--cluster",
        default="",
        metavar="ADDRESS",
        help="a Dask scheduler whose workers do it (tcp://host:8786) / 由此 Dask 集群执行",
    )
    locate.add_argument(
        "--customers",
        default="",
        metavar="FILE",
        help="find the customers of this list, csv or xlsx / 按客户名单查找（csv 或 xlsx）",
    )
    locate.add_argument(
        "--passwords",
        default="",
        metavar="FILE",
        help="try these on locked documents and archives, one a line / 逐一尝试此清单中的口令（每行一个）",
    )
    locate.add_argument(
        "--ocr",
        action="store_true",
        help="read the text in pictures and scanned pages / 识别图片和扫描页中的文字",
    )
    locate.add_argument(
        "--password-env",
        default="",
        metavar="VAR",
        help="variable that holds the databases' password / 存有数据库口令的环境变量",
    )
    locate.add_argument("--subject", default="", metavar="TEXT", help="find one person / 查找一个人")


def _verify_verb(verbs: _Verbs, common: argparse.ArgumentParser) -> None:
    verify = verbs.add_parser("verify", parents=[common], help="check a certificate / 验证证明")
    verify.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        default="",
        help="certificate.pdf or what came with it, a proof, journal.jsonl, a sealed package, a photo of the "
        "QR code, or - for its text / 销毁证明及附件、单项证据、日志、封存包、二维码照片，- 为二维码文字",
    )
    verify.add_argument("--text", metavar="LETHE2:…", default="", help="text of the QR code / 二维码文字")
    verify.add_argument(
        "--journal", metavar="FILE", default="", help="compare with this journal / 与此日志比对"
    )
    verify.add_argument(
        "--first-key",
        metavar="WORDS|FILE|-",
        default="",
        help="of the journal; - asks for it / 日志的起始密钥（助记词、二维码文本或文件）",
    )
    verify.add_argument(
        "--witness",
        metavar="FILE.p12",
        default="",
        help="the witness's key, which opens first-key.json / 监销人密钥，用以取得起始密钥",
    )
    verify.add_argument(
        "--passphrase-env",
        metavar="VAR",
        default="",
        help="of that key; else it is asked for / 其口令的环境变量",
    )
    verify.add_argument("--identity", metavar="FILE", default="", help="age key of a custodian / 保管人密钥")


def _proof_verbs(verbs: _Verbs, common: argparse.ArgumentParser) -> None:
    journal = verbs.add_parser("journal", parents=[common], help="export the journal / 导出日志")
    journal.add_argument("case_dir", metavar="CASE_DIR", help=_CASE_DIR)
    journal.add_argument(
        "--format",
        required=True,
        choices=("syslog", "cef", "ocsf"),
        help="for a log collector; files by their ids only / 供日志系统接收，仅含编号",
    )
    journal.add_argument(
        "-o", "--out", default="", metavar="FILE", help="a new file; else stdout / 新文件，不给则标准输出"
    )
    _vault_verb(verbs, common)
    _attach_verb(verbs, common)
    prove = verbs.add_parser("prove", parents=[common], help="a proof for one record / 单条记录的证明")
    prove.add_argument("case_dir", metavar="CASE_DIR", help=_CASE_DIR)
    prove.add_argument(
        "--record", required=True, metavar="ID", help="r-…, as in inventory.csv / 编号，见 inventory.csv"
    )
    prove.add_argument("-o", "--out", required=True, metavar="FILE", help="where to write it / 写到哪里")


def _identity_verb(verbs: _Verbs, common: argparse.ArgumentParser) -> None:
    identity = verbs.add_parser("identity", help="a person's key / 人员密钥").add_subparsers(
        dest="act", metavar="ACT", required=True
    )
    new = identity.add_parser("new", parents=[common], help="make a key and certificate / 新建密钥与证书")
    new.add_argument("--name", required=True, help="as it shall stand on the certificate / 印在证明上的姓名")
    new.add_argument(
        "--role",
        required=True,
        choices=("officer", "witness", "approver"),
        help="经办人、监销人或审批人",
    )
    new.add_argument("-o", "--out", required=True, metavar="FILE.p12", help="where to write it / 写到哪里")
    new.add_argument(
        "--passphrase-env",
        default="",
        metavar="VAR",
        help="variable that holds the passphrase; else it is asked for / 存有口令的环境变量，不给则询问",
    )


def _case_verbs(verbs: _Verbs, common: argparse.ArgumentParser) -> None:
    rehearse = verbs.add_parser("rehearse", parents=[common], help="the whole job on made-up data / 演练")
    rehearse.add_argument("dir", metavar="DIR", help="made anew; must not exist or be empty / 新建的文件夹")
    rehearse.add_argument(
        "--records",
        type=_positive,
        default=300,
        metavar="N",
        help="about so many, 300 if not given / 约多少份",
    )
    rehearse.add_argument(
        "--company-only", action="store_true", help="make the company and stop / 只生成公司，不执行"
    )
    run = verbs.add_parser("run", parents=[common], help="the whole job unattended / 无人值守执行")
    run.add_argument(
        "case_file",
        metavar="CASE.toml",
        help="what the officer declares; rehearse --company-only writes one / 案件文件",
    )
    resume = verbs.add_parser("resume", parents=[common], help="go on after a stop / 继续")
    resume.add_argument("case_dir", metavar="CASE_DIR", help=_CASE_DIR)
    status = verbs.add_parser("status", parents=[common], help="where the case stands / 案件进度")
    status.add_argument("case_dir", metavar="CASE_DIR", help=_CASE_DIR)


def _vault_verb(verbs: _Verbs, common: argparse.ArgumentParser) -> None:
    vault = verbs.add_parser("vault", parents=[common], help="what the case holds sealed / 案件的封存库")
    vault.add_argument("case_dir", metavar="CASE_DIR", help=_CASE_DIR)
    act = vault.add_mutually_exclusive_group()
    act.add_argument(
        "--shred",
        action="append",
        metavar="TEXT",
        help="destroy the key of the customer with this number or address; - reads stdin / 粉碎其密钥",
    )
    act.add_argument("--rotate", action="store_true", help="change the master key / 更换主密钥")
    act.add_argument("--take", metavar="DIR", help="open everything into a new folder / 全部取出到新文件夹")


def _attach_verb(verbs: _Verbs, common: argparse.ArgumentParser) -> None:
    attach = verbs.add_parser("attach", parents=[common], help="a document of the case / 附入案件文件")
    attach.add_argument("case_dir", metavar="CASE_DIR", help=_CASE_DIR)
    attach.add_argument("documents", nargs="+", metavar="FILE", help="copied into the case / 复制到案件中")
    attach.add_argument(
        "--kind",
        type=_paper,
        default="custodian",
        metavar="KIND",
        help="what it is; the custodian's receipt if not given / 文件类别，不给则为保管人回执",
    )


def _paper(text: str) -> str:
    """A kind of document; the flow is read in only when one is named."""
    from app.flow.papers import KINDS

    if text not in KINDS:
        raise argparse.ArgumentTypeError(f"one of {' '.join(KINDS)} is wanted, not {text!r}")
    return text


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on is wanted, not {text!r}")
    return int(text)
