"""What the command line says besides the words for enums: each sentence in Chinese and English."""

from __future__ import annotations

from enum import Enum

from app.language import Language


class Phrase(Enum):
    """A sentence of the command line: Chinese, English."""

    STEP_BEGUN = ("【{step}】", "[{step}]")
    STEP_DONE = ("    完成：{what}（{seconds} 秒）", "    Done: {what} ({seconds} s)")
    STEP_STOPPED = ("    停在：{what}（{seconds} 秒）", "    Stopped at: {what} ({seconds} s)")
    FILES_SEEN = ("查看文件 {n} 个", "{n} files looked at")
    FILE_BYTES = ("{n} 字节", "{n} bytes")
    FILES_UNREADABLE = ("无法读取 {n} 个", "{n} unreadable")
    RECORDS_FOUND = ("含客户数据 {n} 份", "{n} with customers' data")
    RECORDS_DECIDED = ("记录 {n} 份已定处置", "{n} records decided")
    BACKUPS_SEARCHED = ("查找备份 {n} 处", "{n} backups searched")
    COPIES_FOUND = ("找到副本 {n} 份", "{n} copies found")
    BYTES_MOVED = ("读写 {n} 字节", "{n} bytes read or written")
    SUBJECT_SETTLED = ("{subject} {n} 项", "{n} × {subject}")
    FILES_COMPARED = ("比对文件 {n} 个", "{n} files compared")
    COMMA = ("，", ", ")
    NOTHING = ("没有要办的", "nothing to do")
    PROGRESS = ("    {done} / {total} {now}", "    {done} of {total} {now}")
    SETTLED = ("    {outcome}：{count}", "    {outcome}: {count}")
    ENDED_ALL = ("结论：全部按清册处置。", "Status: everything was disposed of as the plan says.")
    ENDED_EXCEPTIONS = (
        "结论：有例外。未销毁的项目见证明中的异常清单。",
        "Status: with exceptions. The certificate lists what was not destroyed.",
    )
    CERTIFICATE = ("证明：{path}", "Certificate: {path}")
    STOPPED = (
        "已停止，未丢失任何内容。继续请运行：{command} resume {folder}",
        "Stopped; nothing is lost. To go on: {command} resume {folder}",
    )
    NOTHING_TO_DO = ("此案件已出证并关闭。", "This case is certified and closed.")
    PASSPHRASE_OF = ("{path} 的口令：", "Passphrase of {path}: ")
    FOUND = (
        "{path}  {tier}  {category}  {people} 人  {findings}",
        "{path}  {tier}  {category}  {people} people  {findings}",
    )
    SUMMARY = (
        "共看 {files} 个文件（{bytes} 字节），记录 {records} 份，无法读取 {unreadable} 个，用时 {seconds} 秒",
        "{files} files ({bytes} bytes), {records} records, {unreadable} unreadable, {seconds} s",
    )
    STEP_IS_DONE = ("✓ {step}", "✓ {step}")
    STEP_IS_OPEN = ("→ {step}", "→ {step}")
    STEP_IS_SHUT = ("× {step}：{why}", "× {step}: {why}")
    VALID = ("有效：{file}", "VALID: {file}")
    NOT_VALID = ("无效：{file}", "NOT VALID: {file}")
    CHECK_OK = ("  ✓ {name}  {detail}", "  ✓ {name}  {detail}")
    CHECK_BAD = ("  × {name}  {detail}", "  × {name}  {detail}")
    IDENTITY_MADE = (
        "已为{name}（{role}）新建密钥：{path}\n证书指纹（SHA-256）：{fingerprint}",
        "Made the key of {name} ({role}): {path}\nFingerprint (SHA-256): {fingerprint}",
    )
    IDENTITY_KEEP = (
        "请妥善保管此文件与口令；遗失任一项都无法找回。",
        "Keep the file and the passphrase safe; neither can be recovered.",
    )
    PROOF_WRITTEN = ("证明已写入：{path}", "Proof written: {path}")
    REHEARSAL_MADE = ("已生成演练公司：{path}", "Made a rehearsal company: {path}")
    REHEARSAL_OPEN = (
        "在向导中查看此案件：{command} --case {folder}（经办人口令：{passphrase}）",
        "Look at this case in the wizard: {command} --case {folder} (officer's passphrase: {passphrase})",
    )
    REHEARSAL_WALK = (
        "尚未执行任何步骤。在向导中亲手办理：{command} --case {case_file}",
        "Nothing was done yet. To walk through it by hand: {command} --case {case_file}",
    )
    REHEARSAL_PHRASE = ("    {name}：{passphrase}", "    {name}: {passphrase}")
    NOT_OPENED = (
        "未打开：没有保管人的密钥（--identity），只核对了外层与摘要。",
        "Not opened: without the custodian's key (--identity) only the outside and the digest were compared.",
    )
    NO_WINDOW = (
        "无法打开窗口：{why}。命令行仍可使用（lethe --help）。Debian 请安装：{packages}",
        "The window can't open: {why}. The command line still works (lethe --help). Debian: {packages}",
    )
    SYSTEM_SAYS = ("系统拒绝：{why}（{path}）", "The system refuses: {why} ({path})")
    UNEXPECTED = (
        "程序内部错误：{what}。案件未损坏，可用 lethe resume 继续。",
        "Internal error: {what}. The case is unharmed; lethe resume goes on.",
    )
    TEST_OK = ("✓ {name}", "✓ {name}")
    TEST_BAD = ("× {name}：{why}", "× {name}: {why}")
    TEST_AWAY = ("○ {name}：此处不可用（{why}）", "○ {name}: not available here ({why})")

    def say(self, language: Language, **facts: object) -> str:
        """Put the sentence in words."""
        return self.value[language is Language.EN].format(**facts)
