"""What may be typed after `lethe`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from app import __version__


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the arguments. Wrong ones end the program with exit code 2, as argparse does."""
    return _parser().parse_args(argv)


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="lethe", description="忘川 Lethe. Without a verb it opens the wizard / 不带命令则打开向导"
    )
    top.add_argument("--version", action="version", version=f"Lethe {__version__}")
    top.add_argument("--case", metavar="CASE_DIR", default="", help="open this case in the wizard / 打开案件")
    top.add_argument("--lang", choices=("zh", "en"), help="language / 语言")
    verbs = top.add_subparsers(dest="verb", metavar="VERB")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="one JSON object a line / 每行一个 JSON 对象")
    common.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help="language / 语言")

    _case_verbs(verbs, common)
    locate = verbs.add_parser("locate", parents=[common], help="look only; change nothing / 只查找，不改动")
    locate.add_argument("paths", nargs="+", metavar="PATH")
    locate.add_argument("--jobs", type=_positive, default=1, metavar="N")
    locate.add_argument("--subject", default="", metavar="TEXT", help="find one person / 查找一个人")
    verify = verbs.add_parser("verify", parents=[common], help="check a certificate / 验证证明")
    verify.add_argument("file", metavar="FILE")
    verify.add_argument("--journal", metavar="FILE", default="")
    verify.add_argument("--identity", metavar="FILE", default="", help="age key of a custodian / 保管人密钥")
    prove = verbs.add_parser("prove", parents=[common], help="a proof for one record / 单条记录的证明")
    prove.add_argument("case_dir", metavar="CASE_DIR")
    prove.add_argument("--record", required=True, metavar="ID")
    prove.add_argument("-o", "--out", required=True, metavar="FILE")
    identity = verbs.add_parser("identity", help="a person's key / 人员密钥").add_subparsers(
        dest="act", metavar="ACT", required=True
    )
    new = identity.add_parser("new", parents=[common], help="make a key and certificate / 新建密钥与证书")
    new.add_argument("--name", required=True)
    new.add_argument("--role", required=True, choices=("officer", "witness", "approver"))
    new.add_argument("-o", "--out", required=True, metavar="FILE.p12")
    new.add_argument("--passphrase-env", default="", metavar="VAR")
    verbs.add_parser("self-test", parents=[common], help="check this installation / 自检")
    return top


def _case_verbs(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    rehearse = verbs.add_parser("rehearse", parents=[common], help="the whole job on made-up data / 演练")
    rehearse.add_argument("dir", metavar="DIR")
    rehearse.add_argument("--records", type=_positive, default=300, metavar="N")
    run = verbs.add_parser("run", parents=[common], help="the whole job unattended / 无人值守执行")
    run.add_argument("case_file", metavar="CASE.toml")
    resume = verbs.add_parser("resume", parents=[common], help="go on after a stop / 继续")
    resume.add_argument("case_dir", metavar="CASE_DIR")
    status = verbs.add_parser("status", parents=[common], help="where the case stands / 案件进度")
    status.add_argument("case_dir", metavar="CASE_DIR")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number
