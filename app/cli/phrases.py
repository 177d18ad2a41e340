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
    NOT_READ = ("其中 {n} 个未能直接读取设备核验", "{n} of them not read from the device itself")
    SUBJECT_SETTLED = ("{subject} {n} 项", "{n} × {subject}")
    FILES_COMPARED = ("比对文件 {n} 个", "{n} files compared")
    COMMA = ("，", ", ")
    NOTHING = ("没有要办的", "nothing to do")
    PROGRESS = ("    {done} / {total} {now}", "    {done} of {total} {now}")
    SETTLED = ("    {outcome}：{count}", "    {outcome}: {count}")
    BACKUP_FAULT = ("    备份 {path} 有误：{why}", "    backup {path}: {why}")
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
    SERVICE_FORETOLD = (
        "密钥 {key}：{calls}；等待 {days} 天；已找到副本 {copies} 份",
        "Key {key}: {calls}; to wait: {days} days; copies found: {copies}",
    )
    KEY_WAITS = (
        "密钥 {key} 仍待密钥库销毁，日期 {until}。请在此后再次运行 resume。",
        "Key {key} still waits for its store, until {until}. Run resume again after that.",
    )
    KEY_ENDED = ("密钥 {key}：{outcome}", "Key {key}: {outcome}")
    KEY_NOT_TOLD = (
        "密钥 {key} 未能查明（{why}）；原定日期 {until}。证明未变。",
        "Nothing could be learnt of key {key} ({why}); its date is {until}. The certificate stays as it is.",
    )
    ATTACHED = ("已附入：{path}  SHA-256 {sha256}", "Attached: {path}  SHA-256 {sha256}")
    COPY_WAITS = (
        "副本 {copy} 的日期为 {until}，尚未过去。请在此后再次运行 resume。",
        "Copy {copy} has the date {until}, which has not passed. Run resume again after that.",
    )
    COPY_ENDED = ("副本 {copy}：{outcome}", "Copy {copy}: {outcome}")
    COPY_NOT_TOLD = (
        "副本 {copy} 未能查明（{why}）；其日期 {until} 已过。证明未变。",
        "Nothing could be learnt of copy {copy} ({why}); its date {until} has passed. The certificate stays.",
    )
    COPY_ASKS_DOCUMENT = (
        "副本 {copy} 日期 {until} 已过。请把说明其去向的文件以该编号命名，放入 {folder}，再运行 resume。",
        "Copy {copy} is past {until}. Lay a document on it, named by its id, in {folder}; then resume.",
    )
    ADDENDUM_AWAITS = (
        "补充证明：{path}。未能交付到 {folder}；该文件夹（须有本案证明）可用后请再次运行 resume。",
        "Addendum: {path}. Not handed out to {folder}: resume once that folder with its certificate is back.",
    )
    ADDENDUM_LAID = ("补充证明：{path}", "Addendum: {path}")
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
    KEY_FORESEEN = (
        "密钥 {path}：将写入 {bytes} 字节（{calls}），等待 {days} 天；副本 {copies} 处，无法查看 {unseen} 处",
        "Key {path}: {bytes} bytes ({calls}), {days} days to wait; copies {copies}, not looked into {unseen}",
    )
    KEY_COPY_AT = ("    副本：{path}", "    copy: {path}")
    KEY_NOT_DECLARED = (
        "含密钥 {keys} 个、密码 {passwords} 个，未申报为密钥，将随所在文件处置：{path}（类型：{store}）",
        "Not declared, they go with their file: {keys} keys, {passwords} passwords in {path} ({store})",
    )
    KEY_CONDITIONS = ("密钥 {key} 的十二项条件：", "The twelve conditions of key {key}:")
    KEY_STANDING = ("    {standing}：{names}", "    {standing}: {names}")
    VALID = ("有效：{file}", "VALID: {file}")
    LACKING = (
        "不完整：{file}。已有部分无误，但缺少必需的内容。",
        "INCOMPLETE: {file}. Nothing is wrong with what is there, but something needed is missing.",
    )
    ALTERED = ("已被改动，无效：{file}", "ALTERED, NOT VALID: {file}")
    NOT_OURS = ("不是忘川出具的：{file}", "NOT issued by Lethe: {file}")
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
    CHECK_UNSEEN = ("  ○ {name}  {detail}", "  ○ {name}  {detail}")
    AT_LINE = ("第 {line} 条：{what}", "entry {line}: {what}")
    JOURNAL_ENTRIES = ("共 {count} 条，末端 {head}", "{count} entries, head {head}")
    JOURNAL_SEGMENTS = ("{segments} 段", "{segments} in all")
    JOURNAL_SEAL = ("{seals} 条封印逐条相符", "all {seals} seals fit the first key")
    JOURNAL_ANCHOR = ("相符", "it does")
    JOURNAL_END = ("运行 {runs} 次，其中 {ended} 次有始有终", "{runs} runs, {ended} of them ended in order")
    VAULT_HOLDS = (
        "封存库：{suite}；主密钥第 {generation} 代；客户 {customers}，记录 {records}（共有 {shared}）",
        "Vault: {suite}; master {generation}; {customers} customers, {records} records ({shared} shared)",
    )
    VAULT_SHREDDED = (
        "已粉碎客户 {customers} 位的密钥，记录 {records} 份。旧主密钥：{outcome}",
        "Keys of {customers} customers shredded, {records} records. The old master: {outcome}",
    )
    VAULT_ROTATED = ("已更换主密钥。旧主密钥：{outcome}", "The master was changed. The old one: {outcome}")
    VAULT_TAKEN = ("已取出记录 {count} 份：{path}", "{count} records taken out: {path}")
    VAULT_ORIGINALS = (
        "原文件和交给保管人的封存包未动；案件文件夹和封存包的备份也未动。",
        "The original files, the custodians' package and backups of the case folder were not touched.",
    )
    JOURNAL_EXPORTED = ("已导出 {count} 条：{path}", "Exported {count} entries: {path}")
    FIRST_KEY_ASKED = ("起始密钥（十二个助记词）：", "First key (twelve words): ")
    FIRST_KEY_SHOWN = (
        "日志的起始密钥，仅显示这一次；请监销人抄下保管，不要留在此电脑上：\n    {words}\n    {english}",
        (
            "The journal's first key, shown this once. The witness writes it down and keeps it, "
            "away from this computer:\n    {words}\n    {english}"
        ),
    )
    FIRST_KEY_HANDED = (
        "日志的起始密钥已为监销人加密：{path}。核验：{command} verify {journal} --witness 监销人密钥.p12",
        (
            "The journal's first key is encrypted for the witness: {path}. "
            "To check the seal: {command} verify {journal} --witness WITNESS.p12"
        ),
    )
    FIRST_KEY_LOST = (
        "注意：没有人得到日志的起始密钥：监销人的令牌无法解密，也未曾显示。封印将无法核验。",
        (
            "Note: nobody has the journal's first key: the witness's token can't decrypt, and it was not "
            "shown. The seal can't be checked."
        ),
    )
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

    WIPED_BY = ("擦除方法：{method}", "Wiped by: {method}")
    NOT_MAGNETIC = (
        "    注意：GA/T 1143 的方法仅适用于磁介质；未能确认为磁介质：{mounts}",
        "    Note: GA/T 1143 speaks of magnetic media only; not known to be magnetic: {mounts}",
    )
    NAMES_GO = ("    文件名：一并清理", "    Names: cleaned too")
    NAMES_KEPT = (
        "    文件名：不清理；等级最高为：{grade}",
        "    Names: not cleaned; the best grade is then: {grade}",
    )
    READ_OWN = ("    核验：直接读取设备", "    Proof: read from the device itself")
    READ_ASKED = (
        "    核验：由 pkexec 询问管理员口令后读取设备；未获许可则经文件读回，等级最高为：{grade}",
        (
            "    Proof: from the device, once pkexec is given leave; refused, through the file, "
            "the best grade is then: {grade}"
        ),
    )
    READ_GRANTED = (
        "    核验：经免口令的 sudo 读取设备；未设则经文件读回，等级最高为：{grade}",
        (
            "    Proof: from the device, where sudo starts the reader without a password; else through "
            "the file, the best grade is then: {grade}"
        ),
    )
    READ_FILE = (
        "    核验：仅经文件读回；等级最高为：{grade}",
        "    Proof: read back through the file only; the best grade is then: {grade}",
    )
    TRIM_GIVEN = ("    空闲存储块：交还设备（TRIM）", "    Freed blocks: given back to the device (TRIM)")
    TRIM_KEPT = (
        "    空闲存储块：不交还；在 XFS 与 btrfs 上可能留有文件名",
        "    Freed blocks: not given back; on XFS and btrfs names may remain",
    )
    VOLUME = (
        (
            "    卷 {mount}：{device}，{system}（{options}）\n"
            "        {bus}，{kind}，{trim}；型号 {model}，序列号 {serial}"
        ),
        (
            "    Volume {mount}: {device}, {system} ({options})\n"
            "        {bus}, {kind}, {trim}; model {model}, serial {serial}"
        ),
    )
    VOLUME_FILES = (
        "        将覆写 {files} 个文件，{bytes} 字节",
        "        {files} files, {bytes} bytes to overwrite",
    )
    COST = (
        "        清理文件名：写入约 {mib} MiB，约 {seconds} 秒",
        "        cleaning names: about {mib} MiB written, about {seconds} s",
    )
    COST_NOTHING = ("        清理文件名：无须改写日志", "        cleaning names: no journal to write over")
    COST_NONE = ("        此处无法清理文件名", "        names can't be cleaned here")
    NOT_TOLD = ("未获知", "not told")
    SPINS = ("磁盘", "magnetic disk")
    FLASH = ("闪存", "flash")
    KIND_UNKNOWN = ("类型未获知", "kind not known")
    TAKES_TRIM = ("支持 TRIM", "takes TRIM")
    NO_TRIM = ("不支持 TRIM", "takes no TRIM")
    TRIM_UNKNOWN = ("是否支持 TRIM 未获知", "TRIM not known")
    HOLD_IDLE = (
        "注意：保全“{reason}”（{match}）没有对应任何已找到的内容，因此没有保住任何东西；请核对是否有误。",
        (
            'Note: the hold "{reason}" ({match}) matches nothing that was found, so it keeps nothing; '
            "is it mistyped?"
        ),
    )
    KEY_SHUT = (
        "注意：没有口令可打开 {path}；它会照样销毁，但无法试验它是否还能解开数据。",
        (
            "Note: no passphrase opens {path}; it is destroyed all the same, but it can't be tried "
            "whether it still opens anything."
        ),
    )

    def say(self, language: Language, **facts: object) -> str:
        """Put the sentence in words."""
        return self.value[language is Language.EN].format(**facts)
