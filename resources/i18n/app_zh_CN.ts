<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
    <context>
        <name>ActPage</name>
        <message>
            <source>&amp;Next</source>
            <translation>下一步(&amp;N)</translation>
        </message>
    </context>
    <context>
        <name>AddDialog</name>
        <message>
            <source>OK</source>
            <translation>确定</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
        <message>
            <source>Tr&amp;y it</source>
            <translation>试一下(&amp;Y)</translation>
        </message>
        <message>
            <source>Try it</source>
            <translation>试一下</translation>
        </message>
        <message>
            <source>{name}: there is no {path}.</source>
            <translation>{name}：找不到 {path}。</translation>
        </message>
        <message>
            <source>Trying…</source>
            <translation>正在试……</translation>
        </message>
    </context>
    <context>
        <name>BackupDialog</name>
        <message>
            <source>nothing is said</source>
            <translation>未申报</translation>
        </message>
        <message>
            <source>Say where the backup is, or what it is called.</source>
            <translation>请填写备份的位置或名称。</translation>
        </message>
        <message>
            <source>Give the day, as 2026-08-01.</source>
            <translation>请填写日期，例如 2026-08-01。</translation>
        </message>
        <message>
            <source>Name who says so.</source>
            <translation>请填写申报人。</translation>
        </message>
        <message>
            <source>Give the file that shows that the medium was destroyed.</source>
            <translation>请选择能证明介质已销毁的文件。</translation>
        </message>
        <message>
            <source>There is no folder {path}.</source>
            <translation>没有文件夹 {path}。</translation>
        </message>
        <message>
            <source>Evidence</source>
            <translation>证明文件</translation>
        </message>
        <message>
            <source>It answers, and can be listed.</source>
            <translation>可以连接，并能列出内容。</translation>
        </message>
        <message>
            <source>It can't be listed: {why}</source>
            <translation>无法列出内容：{why}</translation>
        </message>
        <message>
            <source>A backup elsewhere</source>
            <translation>别处的备份</translation>
        </message>
        <message>
            <source>Lethe searches what it can read for copies of what goes. Of tapes, cloud backups and the like the certificate has what a named person declares.</source>
            <translation>凡能读取的备份，Lethe 都会从中查找待销毁内容的副本。磁带、云备份等，销毁证明只载明具名人员的申报。</translation>
        </message>
        <message>
            <source>&amp;Kind</source>
            <translation>种类(&amp;K)</translation>
        </message>
        <message>
            <source>&amp;Bucket</source>
            <translation>存储桶(&amp;B)</translation>
        </message>
        <message>
            <source>bucket or bucket/prefix. Access keys are taken from the environment or the AWS profile.</source>
            <translation>bucket 或 bucket/prefix。访问密钥取自环境变量或 AWS 配置文件。</translation>
        </message>
        <message>
            <source>Re&amp;mote</source>
            <translation>远端(&amp;M)</translation>
        </message>
        <message>
            <source>As rclone calls it: remote:folder.</source>
            <translation>按 rclone 的写法：remote:folder。</translation>
        </message>
        <message>
            <source>&amp;Folder</source>
            <translation>文件夹(&amp;F)</translation>
        </message>
        <message>
            <source>Where its volumes lie. A chain goes whole or not at all.</source>
            <translation>存放备份卷的位置。一条备份链只能整体销毁。</translation>
        </message>
        <message>
            <source>What it &amp;is</source>
            <translation>名称(&amp;I)</translation>
        </message>
        <message>
            <source>Such as: tape 7, Veeam of the head office.</source>
            <translation>例如：7 号磁带、总部的 Veeam。</translation>
        </message>
        <message>
            <source>&amp;Passphrase</source>
            <translation>口令(&amp;P)</translation>
        </message>
        <message>
            <source>Kept in memory only, until the case is closed.</source>
            <translation>只保存在内存中，案件关闭即清除。</translation>
        </message>
        <message>
            <source>What becomes of i&amp;t</source>
            <translation>去向(&amp;T)</translation>
        </message>
        <message>
            <source>&amp;Day</source>
            <translation>日期(&amp;D)</translation>
        </message>
        <message>
            <source>On which it expires, or until which it is locked.</source>
            <translation>到期之日，或锁定截止之日。</translation>
        </message>
        <message>
            <source>Who says &amp;so</source>
            <translation>申报人(&amp;S)</translation>
        </message>
        <message>
            <source>The certificate names this person.</source>
            <translation>销毁证明会载明此人。</translation>
        </message>
        <message>
            <source>Their e&amp;vidence</source>
            <translation>证明文件(&amp;V)</translation>
        </message>
        <message>
            <source>Kept with the case, known by its SHA-256.</source>
            <translation>随案件保存，以 SHA-256 标识。</translation>
        </message>
        <message>
            <source>&amp;Note</source>
            <translation>备注(&amp;N)</translation>
        </message>
        <message>
            <source>Nothing said: what is found in it stays, and is named.</source>
            <translation>未申报的，其中查到的内容予以保留，并逐项列明。</translation>
        </message>
        <message>
            <source>Nothing said: it is named on the certificate as not searched.</source>
            <translation>未申报的，销毁证明会写明未予查找。</translation>
        </message>
    </context>
    <context>
        <name>AskedAgain</name>
        <message>
            <source>{n} more were asked for; the addendum lists what changed.</source>
            <translation>另询问了 {n} 项；有变化的列于补充证明。</translation>
        </message>
        <message>
            <source>{what}: {until} is past and nobody can be asked. Lay a document on it, named {id}, in {folder}.</source>
            <translation>{what}：日期 {until} 已过，无处可问。请把说明其去向的文件命名为 {id}，放入 {folder}。</translation>
        </message>
        <message>
            <source>{what}: nothing could be learnt ({why}).</source>
            <translation>{what}：未能查明（{why}）。</translation>
        </message>
        <message>
            <source>{what}: its date, {until}, has not passed. Ask again after that.</source>
            <translation>{what}：日期 {until} 尚未过去，请在此后再次询问。</translation>
        </message>
        <message>
            <source>{what}: {outcome}</source>
            <translation>{what}：{outcome}</translation>
        </message>
        <message>
            <source>Addendum: {path}. {folder} could not take it; ask again once it is there, with the certificate.</source>
            <translation>补充证明：{path}。未能交付到 {folder}；待该文件夹（须有本案证明）可用后请再次询问。</translation>
        </message>
        <message>
            <source>Addendum, signed by both: {path}</source>
            <translation>补充证明（双方已签）：{path}</translation>
        </message>
    </context>
    <context>
        <name>CertifyPage</name>
        <message>
            <source>The case is not open here any more. Close this window and open the case again.</source>
            <translation>案件在此已不再打开。请关闭本窗口，重新打开案件。</translation>
        </message>
        <message>
            <source>Ask again what was pending</source>
            <translation>再次询问待定事项</translation>
        </message>
        <message>
            <source>&amp;Ask again and sign</source>
            <translation>再次询问并签署(&amp;A)</translation>
        </message>
        <message>
            <source>The certificate names keys or copies with a date, or an addendum waits for its folder. Their stores are asked again here; what they say now, both sign as an addendum.</source>
            <translation>销毁证明中有密钥或副本尚待日期，或有补充证明尚未交付。在此再次询问其存放处；如有新的结果，由双方签署补充证明。</translation>
        </message>
        <message>
            <source>No program on this computer opens PDF files. The certificate is safe where it is.</source>
            <translation>本机没有可以打开 PDF 的程序。销毁证明仍在原处，完好无损。</translation>
        </message>
        <message>
            <source>Not verified in this window yet.</source>
            <translation>尚未在此窗口核验。</translation>
        </message>
        <message>
            <source>Verified: all {n} checks hold. Anyone can repeat them offline with 'lethe verify'.</source>
            <translation>核验通过：{n} 项检查全部成立。任何人都可以用“lethe verify”离线复核。</translation>
        </message>
        <message>
            <source>NOT valid: {why}</source>
            <translation>核验未通过：{why}</translation>
        </message>
        <message>
            <source>Kept, not destroyed, or with residue possible: {n}</source>
            <translation>保留、未销毁，或可能有残留：{n} 项</translation>
        </message>
        <message>
            <source>Certify</source>
            <translation>出具证明</translation>
        </message>
        <message>
            <source>A certificate that anyone can check, with everything that was not destroyed.</source>
            <translation>任何人都可核验的销毁证明，未销毁的内容逐项列明。</translation>
        </message>
        <message>
            <source>Both sign the certificate</source>
            <translation>双方签署销毁证明</translation>
        </message>
        <message>
            <source>Certificate</source>
            <translation>销毁证明</translation>
        </message>
        <message>
            <source>Path of the certificate</source>
            <translation>销毁证明的路径</translation>
        </message>
        <message>
            <source>Make the &amp;certificate</source>
            <translation>出具证明(&amp;C)</translation>
        </message>
        <message>
            <source>&amp;Open the certificate</source>
            <translation>打开证明(&amp;O)</translation>
        </message>
        <message>
            <source>Open its fol&amp;der</source>
            <translation>打开所在文件夹(&amp;D)</translation>
        </message>
        <message>
            <source>&amp;Verify</source>
            <translation>核验(&amp;V)</translation>
        </message>
        <message>
            <source>What was not destroyed, and why</source>
            <translation>未销毁的内容及原因</translation>
        </message>
        <message>
            <source>&amp;Papers and training…</source>
            <translation>附件与培训(&amp;P)…</translation>
        </message>
        <message>
            <source>Verifying: {what}</source>
            <translation>正在核验：{what}</translation>
        </message>
    </context>
    <context>
        <name>CheckList</name>
        <message>
            <source>Result</source>
            <translation>结果</translation>
        </message>
        <message>
            <source>Check</source>
            <translation>核验项目</translation>
        </message>
        <message>
            <source>Seen</source>
            <translation>所见</translation>
        </message>
        <message>
            <source>holds</source>
            <translation>成立</translation>
        </message>
        <message>
            <source>DOES NOT HOLD</source>
            <translation>不成立</translation>
        </message>
        <message>
            <source>not looked at</source>
            <translation>未核验</translation>
        </message>
    </context>
    <context>
        <name>CompanyForm</name>
        <message>
            <source>The case's vault…</source>
            <translation>案件封存库…</translation>
        </message>
        <message>
            <source>How the case's vault is made and opened</source>
            <translation>案件封存库的构成与打开方式</translation>
        </message>
        <message>
            <source>Give the case a number.</source>
            <translation>请填写案号。</translation>
        </message>
        <message>
            <source>Give the company's name.</source>
            <translation>请填写公司名称。</translation>
        </message>
        <message>
            <source>The unified social credit code is not right yet: {why}</source>
            <translation>统一社会信用代码尚不正确：{why}</translation>
        </message>
        <message>
            <source>A date is not a day: write it as 2026-08-01, or leave it empty.</source>
            <translation>有日期无法识别：请写成 2026-08-01 的形式，或留空。</translation>
        </message>
        <message>
            <source>Company</source>
            <translation>公司</translation>
        </message>
        <message>
            <source>Dates</source>
            <translation>日期</translation>
        </message>
        <message>
            <source>Certificate</source>
            <translation>销毁证明</translation>
        </message>
        <message>
            <source>Standard</source>
            <translation>标准</translation>
        </message>
        <message>
            <source>Strict</source>
            <translation>严格</translation>
        </message>
        <message>
            <source>Chinese</source>
            <translation>中文</translation>
        </message>
        <message>
            <source>English</source>
            <translation>英文</translation>
        </message>
        <message>
            <source>Chinese and English</source>
            <translation>中英双语</translation>
        </message>
        <message>
            <source>Any number of your own; it names the case folder.</source>
            <translation>自编即可；案件文件夹以此命名。</translation>
        </message>
        <message>
            <source>Case n&amp;umber</source>
            <translation>案号(&amp;U)</translation>
        </message>
        <message>
            <source>As on the business licence.</source>
            <translation>与营业执照一致。</translation>
        </message>
        <message>
            <source>Company n&amp;ame</source>
            <translation>公司名称(&amp;A)</translation>
        </message>
        <message>
            <source>&amp;Credit code</source>
            <translation>信用代码(&amp;C)</translation>
        </message>
        <message>
            <source>&amp;Why data is disposed of</source>
            <translation>处置事由(&amp;W)</translation>
        </message>
        <message>
            <source>&amp;How many people's data</source>
            <translation>涉及人数(&amp;H)</translation>
        </message>
        <message>
            <source>Dissolved on</source>
            <translation>解散日期</translation>
        </message>
        <message>
            <source>The day of the resolution or order.</source>
            <translation>决议或决定作出之日。</translation>
        </message>
        <message>
            <source>Committee set up on</source>
            <translation>清算组成立</translation>
        </message>
        <message>
            <source>The liquidation committee's first day.</source>
            <translation>清算组成立之日。</translation>
        </message>
        <message>
            <source>Announced on</source>
            <translation>公告日期</translation>
        </message>
        <message>
            <source>The day of the notice to creditors.</source>
            <translation>通知债权人公告之日。</translation>
        </message>
        <message>
            <source>Claims until</source>
            <translation>申报截止</translation>
        </message>
        <message>
            <source>The last day for creditors to claim.</source>
            <translation>债权申报的最后一日。</translation>
        </message>
        <message>
            <source>Tax cleared on</source>
            <translation>清税日期</translation>
        </message>
        <message>
            <source>The day of the tax clearance certificate.</source>
            <translation>清税证明出具之日。</translation>
        </message>
        <message>
            <source>Check before w&amp;iping</source>
            <translation>擦除前复核(&amp;I)</translation>
        </message>
        <message>
            <source>A file name can itself be personal data.</source>
            <translation>文件名本身也可能是个人信息。</translation>
        </message>
        <message>
            <source>File names a&amp;ppear</source>
            <translation>文件名显示(&amp;P)</translation>
        </message>
        <message>
            <source>&amp;Language of the certificate</source>
            <translation>证明语言(&amp;L)</translation>
        </message>
        <message>
            <source>18 characters, the unified social credit code on the business licence.</source>
            <translation>18 位统一社会信用代码，见营业执照。</translation>
        </message>
        <message>
            <source>✓ The check character is right.</source>
            <translation>✓ 校验位正确。</translation>
        </message>
        <message>
            <source>{n} of 18 characters so far.</source>
            <translation>已输入 {n} 位，共 18 位。</translation>
        </message>
        <message>
            <source>The check character does not fit: one of the 18 characters is wrong.</source>
            <translation>校验位不符：18 位中有一位有误。</translation>
        </message>
        <message>
            <source>The case number names a folder: it can't hold any of {signs}</source>
            <translation>案号用作文件夹名，不能含有 {signs}</translation>
        </message>
        <message>
            <source>Print, time stamp, readers…</source>
            <translation>纸质清册、时间戳、名单阅读人…</translation>
        </message>
        <message>
            <source>Print, time stamp and readers of the full list</source>
            <translation>纸质清册、时间戳与完整名单的阅读人</translation>
        </message>
    </context>
    <context>
        <name>CompanyPage</name>
        <message>
            <source>Choose a CASE.toml</source>
            <translation>选择 CASE.toml</translation>
        </message>
        <message>
            <source>Company</source>
            <translation>公司信息</translation>
        </message>
        <message>
            <source>Whose customers' data is disposed of, and who answers for it.</source>
            <translation>处置哪家公司的客户数据，由谁负责。</translation>
        </message>
        <message>
            <source>Case</source>
            <translation>案件</translation>
        </message>
        <message>
            <source>Officer</source>
            <translation>经办人</translation>
        </message>
        <message>
            <source>Be&amp;gin a new case</source>
            <translation>新建案件(&amp;G)</translation>
        </message>
        <message>
            <source>Go &amp;on with a case</source>
            <translation>继续已有案件(&amp;O)</translation>
        </message>
        <message>
            <source>Case folde&amp;r</source>
            <translation>案件文件夹(&amp;R)</translation>
        </message>
        <message>
            <source>From a file…</source>
            <translation>从文件读取…</translation>
        </message>
        <message>
            <source>Fill this page from a CASE.toml</source>
            <translation>用 CASE.toml 填写本页</translation>
        </message>
        <message>
            <source>The case folder is made in it, named after the case number.</source>
            <translation>将在此处建立以案号命名的案件文件夹。</translation>
        </message>
        <message>
            <source>&amp;Keep the case in</source>
            <translation>保存位置(&amp;K)</translation>
        </message>
        <message>
            <source>The folder that holds journal.jsonl. The officer who began it must open it.</source>
            <translation>内有 journal.jsonl 的文件夹，须由立案的经办人打开。</translation>
        </message>
        <message>
            <source>Choose a folder.</source>
            <translation>请选择文件夹。</translation>
        </message>
        <message>
            <source>There is no folder {place}. Choose one that exists.</source>
            <translation>文件夹 {place} 不存在，请另选已有的文件夹。</translation>
        </message>
        <message>
            <source>Choose the officer's key file and type its passphrase, or create a new key file.</source>
            <translation>请选择经办人的密钥文件并输入口令，或新建密钥文件。</translation>
        </message>
        <message>
            <source>Papers and &amp;training…</source>
            <translation>附件与培训(&amp;T)…</translation>
        </message>
    </context>
    <context>
        <name>ConfirmPage</name>
        <message>
            <source>Some copies can't be disposed of. Accept each as an exception in your name; the certificate will name it.</source>
            <translation>有的副本无法处置。请逐份以本人名义确认为例外；证明上会写明。</translation>
        </message>
        <message>
            <source>Confirm &amp;again</source>
            <translation>重新核对(&amp;A)</translation>
        </message>
        <message>
            <source>&amp;Start confirming</source>
            <translation>开始核对(&amp;S)</translation>
        </message>
        <message>
            <source>Confirm</source>
            <translation>核对备份</translation>
        </message>
        <message>
            <source>Seal and restore what the law keeps; find every copy of what goes.</source>
            <translation>依法留存的加密封存并还原比对；将销毁的查清每一份副本。</translation>
        </message>
        <message>
            <source>Copies of what goes</source>
            <translation>将销毁内容的副本</translation>
        </message>
        <message>
            <source>Kept and sealed</source>
            <translation>留存与封存</translation>
        </message>
        <message>
            <source>Backups searched</source>
            <translation>已查找的备份</translation>
        </message>
        <message>
            <source>What confirming found</source>
            <translation>核对结果</translation>
        </message>
        <message>
            <source>Accept as exception in &amp;my name</source>
            <translation>以本人名义确认例外(&amp;M)</translation>
        </message>
        <message>
            <source>Accept the chosen copies as exceptions in my name</source>
            <translation>以本人名义将所选副本确认为例外</translation>
        </message>
        <message>
            <source>Choose all &amp;open</source>
            <translation>选中全部待定(&amp;O)</translation>
        </message>
        <message>
            <source>Choose all copies without a disposal</source>
            <translation>选中全部没有去向的副本</translation>
        </message>
        <message>
            <source>&amp;Destroy after all</source>
            <translation>仍予销毁(&amp;D)</translation>
        </message>
        <message>
            <source>&amp;Keep in my name</source>
            <translation>以我的名义保留(&amp;K)</translation>
        </message>
        <message>
            <source>Copies and traces of what goes</source>
            <translation>待销毁内容的副本与痕迹</translation>
        </message>
        <message>
            <source>Destroy the chosen copies after all</source>
            <translation>仍予销毁所选副本</translation>
        </message>
        <message>
            <source>Keep the chosen copies in my name; the certificate names each</source>
            <translation>以我的名义保留所选副本，证明将逐项载明</translation>
        </message>
        <message>
            <source>of all, traces: {n}</source>
            <translation>其中痕迹 {n}</translation>
        </message>
    </context>
    <context>
        <name>Copies</name>
        <message>
            <source>Copy</source>
            <translation>副本</translation>
        </message>
        <message>
            <source>Of</source>
            <translation>对应</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>大小</translation>
        </message>
        <message>
            <source>Disposal</source>
            <translation>去向</translation>
        </message>
        <message>
            <source>Why</source>
            <translation>原因</translation>
        </message>
        <message>
            <source>Accepted by</source>
            <translation>确认人</translation>
        </message>
        <message>
            <source>Backup</source>
            <translation>备份</translation>
        </message>
        <message>
            <source>Files</source>
            <translation>文件</translation>
        </message>
        <message>
            <source>Members</source>
            <translation>包内文件</translation>
        </message>
        <message>
            <source>Copies found</source>
            <translation>发现副本</translation>
        </message>
        <message>
            <source>Not opened</source>
            <translation>未打开</translation>
        </message>
        <message>
            <source>What could not be looked at</source>
            <translation>未能查看的内容</translation>
        </message>
        <message>
            <source>not yet</source>
            <translation>尚无</translation>
        </message>
        <message>
            <source>Known by</source>
            <translation>如何认出</translation>
        </message>
        <message>
            <source>same content</source>
            <translation>内容相同</translation>
        </message>
        <message>
            <source>{name} and {n} more</source>
            <translation>{name}，另有 {n} 项</translation>
        </message>
    </context>
    <context>
        <name>CustodianDialog</name>
        <message>
            <source>Who receives what is kept</source>
            <translation>留存内容的接收人</translation>
        </message>
        <message>
            <source>&amp;Custodian</source>
            <translation>保管人(&amp;C)</translation>
        </message>
        <message>
            <source>A shareholder, law firm or archive that keeps it.</source>
            <translation>负责保管的股东、律师事务所或档案寄存机构。</translation>
        </message>
        <message>
            <source>Their age &amp;recipient</source>
            <translation>保管人的 age 公钥(&amp;R)</translation>
        </message>
        <message>
            <source>Begins with age1; the custodian makes it with age-keygen.</source>
            <translation>以 age1 开头，由保管人用 age-keygen 生成。</translation>
        </message>
        <message>
            <source>This is no age recipient: it begins with age1 and has 62 characters. Ask for it.</source>
            <translation>这不是 age 收件公钥：它以 age1 开头，共 62 个字符。请向保管人索取。</translation>
        </message>
        <message>
            <source>No more shares can be needed than are made.</source>
            <translation>所需份数不能多于制作的份数。</translation>
        </message>
        <message>
            <source>to their own key (age)</source>
            <translation>用保管人自己的公钥（age）</translation>
        </message>
        <message>
            <source>in shares for several people (SLIP-39)</source>
            <translation>把密钥分给多人（SLIP-39）</translation>
        </message>
        <message>
            <source>to a key that is made here</source>
            <translation>用在此生成的密钥</translation>
        </message>
        <message>
            <source>of</source>
            <translation>/</translation>
        </message>
        <message>
            <source>Shares that are made</source>
            <translation>制作的份数</translation>
        </message>
        <message>
            <source>Sea&amp;led</source>
            <translation>封存方式(&amp;L)</translation>
        </message>
        <message>
            <source>A key made here lies beside the package: hand it over and keep no copy.</source>
            <translation>在此生成的密钥放在封存包旁：请一并移交，不留副本。</translation>
        </message>
        <message>
            <source>Their &amp;key file</source>
            <translation>保管人的密钥文件(&amp;K)</translation>
        </message>
        <message>
            <source>The package is restored with it once, as a trial. It is read where it lies, and not kept.</source>
            <translation>用它把封存包试还原一次，逐项比对。仅就地读取，不作保存。</translation>
        </message>
        <message>
            <source>&amp;Needed to open it</source>
            <translation>开启所需份数(&amp;N)</translation>
        </message>
        <message>
            <source>Lethe makes a key and lays it beside the package in shares alone. Hand each to another person and keep none.</source>
            <translation>Lethe 生成密钥，只以分片形式放在封存包旁。请分别交给不同的人，自己不留。</translation>
        </message>
        <message>
            <source>Their recei&amp;pt</source>
            <translation>保管人的回执(&amp;P)</translation>
        </message>
        <message>
            <source>That they took the package over. It is kept with the documents of the case.</source>
            <translation>证明其已接收封存包，随案件文件保存。</translation>
        </message>
        <message>
            <source>Why &amp;one key alone</source>
            <translation>为何只用一把密钥(&amp;O)</translation>
        </message>
        <message>
            <source>Only where nobody else gets a key. Reasons are printed: write no names or numbers.</source>
            <translation>仅在没有第二人持钥时填写。理由印在证明上：请勿写姓名、号码。</translation>
        </message>
        <message>
            <source>Why their key was not &amp;tried</source>
            <translation>为何未用其密钥试还原(&amp;T)</translation>
        </message>
        <message>
            <source>Why there is no rece&amp;ipt</source>
            <translation>为何没有回执(&amp;I)</translation>
        </message>
        <message>
            <source>Give the custodian's name.</source>
            <translation>请填写保管人名称。</translation>
        </message>
        <message>
            <source>There is no file {path}.</source>
            <translation>没有文件 {path}。</translation>
        </message>
        <message>
            <source>OK</source>
            <translation>确定</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
    </context>
    <context>
        <name>CustodiansBox</name>
        <message>
            <source>Who receives what is kept</source>
            <translation>留存内容的接收人</translation>
        </message>
        <message>
            <source>Custodians</source>
            <translation>保管人</translation>
        </message>
        <message>
            <source>Add a custodian…</source>
            <translation>添加保管人…</translation>
        </message>
        <message>
            <source>Details…</source>
            <translation>详情…</translation>
        </message>
        <message>
            <source>Add a custodian</source>
            <translation>添加保管人</translation>
        </message>
        <message>
            <source>{needed} of {made} shares</source>
            <translation>{made} 份中的 {needed} 份</translation>
        </message>
        <message>
            <source>a key made here</source>
            <translation>在此生成的密钥</translation>
        </message>
        <message>
            <source>Recei&amp;pts…</source>
            <translation>回执(&amp;P)…</translation>
        </message>
        <message>
            <source>Attach a receipt of the custodian, or see those that are there</source>
            <translation>附上保管人的回执，或查看已附的回执</translation>
        </message>
    </context>
    <context>
        <name>VaultDialog</name>
        <message>
            <source>The case's vault</source>
            <translation>案件封存库</translation>
        </message>
        <message>
            <source>What the case knows lies in a vault that opens with the officer's key. How it is made can't be changed once the case is begun.</source>
            <translation>案件所知的内容存于封存库，由经办人的密钥打开。案件开始后，构成方式不能更改。</translation>
        </message>
        <message>
            <source>&amp;Suite</source>
            <translation>密码套件(&amp;S)</translation>
        </message>
        <message>
            <source>&amp;Passphrase of its own</source>
            <translation>另设口令(&amp;P)</translation>
        </message>
        <message>
            <source>A name for it, such as VAULT_PASSPHRASE: it is then asked for on the page, and on the command line taken from the variable of this name. Empty: none.</source>
            <translation>给口令起一个名称，如 VAULT_PASSPHRASE：本页会要求输入口令，命令行则从同名环境变量读取。留空则不设。</translation>
        </message>
        <message>
            <source>&amp;Memory for each try, MiB</source>
            <translation>每次尝试占用内存（MiB）(&amp;M)</translation>
        </message>
        <message>
            <source>Argon2id: more makes guessing dearer.</source>
            <translation>Argon2id：越大，猜测口令的代价越高。</translation>
        </message>
        <message>
            <source>&amp;Keychain</source>
            <translation>钥匙串(&amp;K)</translation>
        </message>
        <message>
            <source>&amp;Copy here</source>
            <translation>留存一份(&amp;C)</translation>
        </message>
        <message>
            <source>opens only with this computer's keychain too</source>
            <translation>打开时还需要本机的系统钥匙串</translation>
        </message>
        <message>
            <source>holds what the custodians get, until the case is closed</source>
            <translation>移交给保管人的内容在此封存一份，直至结案</translation>
        </message>
        <message>
            <source>A variable's name has letters, digits and _ alone.</source>
            <translation>名称只能由字母、数字和 _ 组成。</translation>
        </message>
        <message>
            <source>OK</source>
            <translation>确定</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
    </context>
    <context>
        <name>DatabaseDialog</name>
        <message>
            <source>Type the address of the database.</source>
            <translation>请填写数据库地址。</translation>
        </message>
        <message>
            <source>List of customers</source>
            <translation>客户名单</translation>
        </message>
        <message>
            <source>It answers. Tables that can be seen: {n}.</source>
            <translation>可以连接。可见的表：{n} 张。</translation>
        </message>
        <message>
            <source>A database to look in</source>
            <translation>要查找的数据库</translation>
        </message>
        <message>
            <source>Its tables are looked through like files. Rows are deleted only after the list is signed, each one compared with what was signed for.</source>
            <translation>数据表与文件一样查找。签署清单之后才会删除数据行，删除前逐行与所签内容比对。</translation>
        </message>
        <message>
            <source>&amp;Address</source>
            <translation>地址(&amp;A)</translation>
        </message>
        <message>
            <source>postgresql, mysql, mariadb, mssql or oracle://name@host/database; of a file sqlite:///path. No password in it.</source>
            <translation>postgresql、mysql、mariadb、mssql 或 oracle://name@host/database；文件写作 sqlite:///path。地址中不写密码。</translation>
        </message>
        <message>
            <source>&amp;Password</source>
            <translation>密码(&amp;P)</translation>
        </message>
        <message>
            <source>Kept in memory only, until the case is closed.</source>
            <translation>只保存在内存中，案件关闭即清除。</translation>
        </message>
        <message>
            <source>List of &amp;customers</source>
            <translation>客户名单(&amp;C)</translation>
        </message>
        <message>
            <source>Only rows that name one of them go, and rows that refer to these. Empty: all rows go.</source>
            <translation>只删除涉及名单中客户的数据行及引用它们的行。留空则全部删除。</translation>
        </message>
        <message>
            <source>As a &amp;whole</source>
            <translation>整库(&amp;W)</translation>
        </message>
        <message>
            <source>The &amp;database goes with all that is in it (PostgreSQL, MySQL)</source>
            <translation>连同全部内容销毁整个数据库(&amp;D)（PostgreSQL、MySQL）</translation>
        </message>
    </context>
    <context>
        <name>DayEdit</name>
        <message>
            <source>Pick from a calendar</source>
            <translation>从日历中选择</translation>
        </message>
        <message>
            <source>Calendar</source>
            <translation>日历</translation>
        </message>
    </context>
    <context>
        <name>DecidePage</name>
        <message>
            <source>Say why the fate is changed: the reason stands in the journal.</source>
            <translation>请说明更改处置的原因，原因会记入日志。</translation>
        </message>
        <message>
            <source>undecided</source>
            <translation>未决定</translation>
        </message>
        <message>
            <source>Decide</source>
            <translation>决定处置</translation>
        </message>
        <message>
            <source>What becomes of each record. A hold or a retention period beats every wish.</source>
            <translation>逐项决定记录的去向。保全与法定保存期限优先于任何意愿。</translation>
        </message>
        <message>
            <source>Fates</source>
            <translation>处置汇总</translation>
        </message>
        <message>
            <source>Selected records</source>
            <translation>所选记录</translation>
        </message>
        <message>
            <source>&amp;Show:</source>
            <translation>显示(&amp;S)：</translation>
        </message>
        <message>
            <source>What no &amp;law keeps:</source>
            <translation>法律未要求留存的(&amp;L)：</translation>
        </message>
        <message>
            <source>Fa&amp;te:</source>
            <translation>处置(&amp;T)：</translation>
        </message>
        <message>
            <source>Why</source>
            <translation>原因</translation>
        </message>
        <message>
            <source>&amp;Change fate</source>
            <translation>更改处置(&amp;C)</translation>
        </message>
        <message>
            <source>Put on &amp;hold…</source>
            <translation>设为保全(&amp;H)…</translation>
        </message>
        <message>
            <source>all fates</source>
            <translation>全部处置</translation>
        </message>
        <message>
            <source>What no law keeps</source>
            <translation>法律未要求留存的</translation>
        </message>
        <message>
            <source>Show only this fate</source>
            <translation>只显示此处置</translation>
        </message>
        <message>
            <source>New fate</source>
            <translation>新的处置</translation>
        </message>
        <message>
            <source>Why the fate is changed</source>
            <translation>更改处置的原因</translation>
        </message>
        <message>
            <source>Change fate</source>
            <translation>更改处置</translation>
        </message>
        <message>
            <source>Put on hold</source>
            <translation>设为保全</translation>
        </message>
        <message>
            <source>Records and their fates</source>
            <translation>记录及其处置</translation>
        </message>
        <message>
            <source>choose</source>
            <translation>请选择</translation>
        </message>
        <message>
            <source>These holds match nothing that was found, so they keep nothing. Is a path mistyped? {named}</source>
            <translation>以下保全没有对应任何已找到的内容，因此没有保住任何东西。请核对路径是否有误：{named}</translation>
        </message>
    </context>
    <context>
        <name>DeclaredTabs</name>
        <message>
            <source>What this case is about</source>
            <translation>本案范围</translation>
        </message>
        <message>
            <source>Where to &amp;look</source>
            <translation>查找位置(&amp;L)</translation>
        </message>
        <message>
            <source>&amp;Keys to shred</source>
            <translation>要粉碎的密钥(&amp;K)</translation>
        </message>
        <message>
            <source>Backups to sear&amp;ch</source>
            <translation>要查找的备份(&amp;C)</translation>
        </message>
        <message>
            <source>Backups to search</source>
            <translation>要查找的备份</translation>
        </message>
        <message>
            <source>Keys to shred</source>
            <translation>要粉碎的密钥</translation>
        </message>
        <message>
            <source>Where to look</source>
            <translation>查找位置</translation>
        </message>
        <message>
            <source>&amp;Whom to find</source>
            <translation>查找的人(&amp;W)</translation>
        </message>
        <message>
            <source>How to &amp;read</source>
            <translation>读取方式(&amp;R)</translation>
        </message>
        <message>
            <source>Details…</source>
            <translation>详情…</translation>
        </message>
        <message>
            <source>Database…</source>
            <translation>数据库…</translation>
        </message>
        <message>
            <source>Add a database</source>
            <translation>添加数据库</translation>
        </message>
        <message>
            <source>Other…</source>
            <translation>其他…</translation>
        </message>
        <message>
            <source>Add a backup on a server, or one that is only declared</source>
            <translation>添加服务器上的备份，或仅作申报的备份</translation>
        </message>
        <message>
            <source>Store or token…</source>
            <translation>密钥库或令牌…</translation>
        </message>
        <message>
            <source>Add a key in a store or on a token</source>
            <translation>添加密钥库或令牌中的密钥</translation>
        </message>
    </context>
    <context>
        <name>Entries</name>
        <message>
            <source>Item</source>
            <translation>项目</translation>
        </message>
        <message>
            <source>Is a</source>
            <translation>类型</translation>
        </message>
        <message>
            <source>Fate</source>
            <translation>处置</translation>
        </message>
        <message>
            <source>Outcome</source>
            <translation>结果</translation>
        </message>
        <message>
            <source>Why no better</source>
            <translation>限制与原因</translation>
        </message>
        <message>
            <source>not yet</source>
            <translation>尚无</translation>
        </message>
    </context>
    <context>
        <name>FirstKeyDialog</name>
        <message>
            <source>This is not what was shown. Compare your note with the key once more.</source>
            <translation>与所示不符。请再与密钥核对一遍所记的内容。</translation>
        </message>
        <message>
            <source>First key of the journal of case {case}</source>
            <translation>案件 {case} 日志的起始密钥</translation>
        </message>
        <message>
            <source>For the witness: the first key of the journal</source>
            <translation>请监销人收存：日志的起始密钥</translation>
        </message>
        <message>
            <source>The journal is sealed entry by entry. With this key you can later check that nobody rewrote it, not even the owner of this computer. Who holds it could also forge the seals: keep it yourself, out of the officer's sight. Once the list is signed, only you can have it.</source>
            <translation>日志逐条加封。凭此密钥，您日后可以核验日志未被任何人改写，包括这台电脑的所有者。持有它的人也能伪造封印，所以请您自己保管，不要让经办人看到。清单签署之后，只有您能持有它。</translation>
        </message>
        <message>
            <source>Write the words down in their order, or scan the code with a device of your own. A printer may keep what it prints.</source>
            <translation>请按顺序抄下各字，或用自己的设备扫码。打印机可能留存所打印的内容。</translation>
        </message>
        <message>
            <source>Type two of the words from your own note, so that it is sure to be right.</source>
            <translation>请照您自己抄下的内容输入其中两个，以确认抄写无误。</translation>
        </message>
        <message>
            <source>QR code of the first key</source>
            <translation>起始密钥的二维码</translation>
        </message>
        <message>
            <source>&amp;Print…</source>
            <translation>打印…(&amp;P)</translation>
        </message>
        <message>
            <source>I have &amp;written it down</source>
            <translation>我已抄下(&amp;W)</translation>
        </message>
        <message>
            <source>Show it &amp;again</source>
            <translation>再看一次(&amp;A)</translation>
        </message>
        <message>
            <source>&amp;Confirm</source>
            <translation>确认(&amp;C)</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
        <message>
            <source>Word {n}</source>
            <translation>第 {n} 个</translation>
        </message>
    </context>
    <context>
        <name>Foresight</name>
        <message>
            <source>Copies that go</source>
            <translation>同销副本</translation>
        </message>
        <message>
            <source>Copies that stay</source>
            <translation>留存副本</translation>
        </message>
        <message>
            <source>Verdict at best</source>
            <translation>至多可得的结论</translation>
        </message>
        <message>
            <source>What is done</source>
            <translation>处置动作</translation>
        </message>
        <message>
            <source>written over: {size}</source>
            <translation>覆写 {size}</translation>
        </message>
        <message>
            <source>{n} days to wait</source>
            <translation>等待 {n} 天</translation>
        </message>
    </context>
    <context>
        <name>HoldDialog</name>
        <message>
            <source>Put on hold</source>
            <translation>设为保全</translation>
        </message>
        <message>
            <source>Records chosen: {n}. They will be kept, whatever the rules say.</source>
            <translation>已选 {n} 条记录。无论规则如何，均予保留。</translation>
        </message>
        <message>
            <source>&amp;Reason</source>
            <translation>原因(&amp;R)</translation>
        </message>
        <message>
            <source>R&amp;eference</source>
            <translation>文号(&amp;E)</translation>
        </message>
        <message>
            <source>A file number or a date, without names.</source>
            <translation>案号、文号或日期，请勿写人名。</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
    </context>
    <context>
        <name>Items</name>
        <message>
            <source>Ground</source>
            <translation>理由</translation>
        </message>
        <message>
            <source>Law</source>
            <translation>法律</translation>
        </message>
        <message>
            <source>Tier</source>
            <translation>敏感级别</translation>
        </message>
    </context>
    <context>
        <name>KeyBox</name>
        <message>
            <source>Passphrase</source>
            <translation>口令</translation>
        </message>
    </context>
    <context>
        <name>KeyDialog</name>
        <message>
            <source>What becomes of each key</source>
            <translation>每把密钥将如何处置</translation>
        </message>
        <message>
            <source>Keys and what is foreseen</source>
            <translation>密钥与预计结果</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>关闭</translation>
        </message>
        <message>
            <source>A key file is overwritten where it lies, read back, tried and removed; a store's key goes by its own calls. A verdict can turn out worse than foreseen. Choose a key to read its line.</source>
            <translation>密钥文件在原处覆写、回读、试开后移除；密钥库中的密钥由其自身的调用销毁。实际结论可能低于预计。选中一把密钥可阅读整行。</translation>
        </message>
    </context>
    <context>
        <name>KeyPhrase</name>
        <message>
            <source>PI&amp;M:</source>
            <translation>PIM(&amp;M)：</translation>
        </message>
        <message>
            <source>PIM of the volume</source>
            <translation>加密卷的 PIM</translation>
        </message>
        <message>
            <source>if any</source>
            <translation>如有</translation>
        </message>
        <message>
            <source>The number that VeraCrypt asks for beside the passphrase. Empty, unless one was chosen when the volume was made. Type the passphrase first.</source>
            <translation>VeraCrypt 在口令之外要求的数字。创建加密卷时如未设置，请留空。请先填写口令。</translation>
        </message>
        <message>
            <source>If it has one. Kept in memory only.</source>
            <translation>如有口令请填写，仅存于内存。</translation>
        </message>
        <message>
            <source>&amp;Passphrase:</source>
            <translation>口令(&amp;P)：</translation>
        </message>
        <message>
            <source>Passphrase of the chosen one</source>
            <translation>所选项的口令</translation>
        </message>
    </context>
    <context>
        <name>KeyWordDialog</name>
        <message>
            <source>What is said of this key</source>
            <translation>关于此密钥的申报</translation>
        </message>
        <message>
            <source>Lethe can't see these from here, and no verdict gets better by them. The certificate prints them in this person's name.</source>
            <translation>以下各项 Lethe 无从查看，也不会因此提高结论。销毁证明以申报人名义载明。</translation>
        </message>
        <message>
            <source>Give the day as 2046-12-31, or leave it empty.</source>
            <translation>日期请写作 2046-12-31，或留空。</translation>
        </message>
        <message>
            <source>An answer and the name of who gives it go together.</source>
            <translation>申报内容与申报人姓名须一并填写。</translation>
        </message>
        <message>
            <source>not known</source>
            <translation>不清楚</translation>
        </message>
        <message>
            <source>no, it was encrypted from the first day</source>
            <translation>没有，自始即加密</translation>
        </message>
        <message>
            <source>yes, it once lay in clear</source>
            <translation>有，曾以明文存放</translation>
        </message>
        <message>
            <source>there never was one</source>
            <translation>从未有过</translation>
        </message>
        <message>
            <source>there was one; it is destroyed</source>
            <translation>曾有，已销毁</translation>
        </message>
        <message>
            <source>yes, it still stands</source>
            <translation>有，仍然存在</translation>
        </message>
        <message>
            <source>Was the data ever unen&amp;crypted?</source>
            <translation>数据是否曾以明文存放(&amp;C)</translation>
        </message>
        <message>
            <source>Can someone &amp;give the key back?</source>
            <translation>是否有人可交还密钥(&amp;G)</translation>
        </message>
        <message>
            <source>A directory, a cloud account, recovery words on paper, a backup of the key.</source>
            <translation>例如目录服务、云账户、纸上的恢复词、密钥备份。</translation>
        </message>
        <message>
            <source>&amp;Must stay closed until</source>
            <translation>须保密至(&amp;M)</translation>
        </message>
        <message>
            <source>How long what it encrypts is of use.</source>
            <translation>所加密内容在多长时间内仍有价值。</translation>
        </message>
        <message>
            <source>Who &amp;says so</source>
            <translation>申报人(&amp;S)</translation>
        </message>
        <message>
            <source>OK</source>
            <translation>确定</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
    </context>
    <context>
        <name>Keys</name>
        <message>
            <source>Kind</source>
            <translation>种类</translation>
        </message>
        <message>
            <source>Key file</source>
            <translation>密钥文件</translation>
        </message>
        <message>
            <source>Algorithm</source>
            <translation>算法</translation>
        </message>
        <message>
            <source>Copies</source>
            <translation>副本</translation>
        </message>
        <message>
            <source>Verdict</source>
            <translation>结论</translation>
        </message>
        <message>
            <source>Why no better</source>
            <translation>限制与原因</translation>
        </message>
        <message>
            <source>not yet</source>
            <translation>尚无</translation>
        </message>
    </context>
    <context>
        <name>KindAndPhrase</name>
        <message>
            <source>K&amp;ind:</source>
            <translation>类型(&amp;I)：</translation>
        </message>
        <message>
            <source>Kind of the chosen one</source>
            <translation>所选项的类型</translation>
        </message>
    </context>
    <context>
        <name>LocatePage</name>
        <message>
            <source>Add the folders to look in: drop them on the list or press 'Add folder…'.</source>
            <translation>请添加要查找的文件夹：拖放到列表中，或点“添加文件夹…”。</translation>
        </message>
        <message>
            <source>Locate</source>
            <translation>查找记录</translation>
        </message>
        <message>
            <source>Look for customers' data. Nothing is changed, and no value found is stored.</source>
            <translation>查找客户数据。不作任何改动，也不保存查到的内容。</translation>
        </message>
        <message>
            <source>Found, by kind</source>
            <translation>发现汇总</translation>
        </message>
        <message>
            <source>Records found</source>
            <translation>查到的记录</translation>
        </message>
        <message>
            <source>Look &amp;again</source>
            <translation>重新查找(&amp;A)</translation>
        </message>
        <message>
            <source>Go &amp;on looking</source>
            <translation>继续查找(&amp;O)</translation>
        </message>
        <message>
            <source>&amp;Start looking</source>
            <translation>开始查找(&amp;S)</translation>
        </message>
        <message>
            <source>Files looked at: {n}</source>
            <translation>已查看文件 {n} 个</translation>
        </message>
        <message>
            <source>customers of the list found: {n} of {all}</source>
            <translation>名单上的客户找到 {n} / {all} 人</translation>
        </message>
        <message>
            <source>Nothing found so far.</source>
            <translation>尚无发现。</translation>
        </message>
    </context>
    <context>
        <name>MeansBox</name>
        <message>
            <source>&amp;Password list</source>
            <translation>口令清单(&amp;P)</translation>
        </message>
        <message>
            <source>One a line, tried on locked documents and archives. Held in memory only, never written.</source>
            <translation>每行一个，逐一尝试打开加密的文档和压缩包。只在内存中使用，不写入磁盘。</translation>
        </message>
        <message>
            <source>Read the te&amp;xt in pictures and scanned pages</source>
            <translation>识别图片和扫描页中的文字(&amp;X)</translation>
        </message>
        <message>
            <source>Pictures</source>
            <translation>图片</translation>
        </message>
        <message>
            <source>Takes a second to half a minute for each picture, and a gigabyte of memory.</source>
            <translation>每张图片需一秒至半分钟，并占用约 1 GB 内存。</translation>
        </message>
        <message>
            <source>Needs an addition: pip install lethe[ocr]. Without it pictures are not looked at.</source>
            <translation>需另行安装：pip install lethe[ocr]。未安装时图片计为“未查看”。</translation>
        </message>
    </context>
    <context>
        <name>Mishap</name>
        <message>
            <source>Unforeseen error</source>
            <translation>意外错误</translation>
        </message>
        <message>
            <source>The report holds no file names and no personal data. Nothing is sent by itself.</source>
            <translation>报告不含文件名和个人信息，也不会自动发送。</translation>
        </message>
        <message>
            <source>&amp;Copy report</source>
            <translation>复制报告(&amp;C)</translation>
        </message>
    </context>
    <context>
        <name>NewPerson</name>
        <message>
            <source>New key file: {role}</source>
            <translation>新建密钥文件：{role}</translation>
        </message>
        <message>
            <source>&amp;Name</source>
            <translation>姓名(&amp;N)</translation>
        </message>
        <message>
            <source>As it shall stand on the certificate.</source>
            <translation>将印在销毁证明上。</translation>
        </message>
        <message>
            <source>&amp;Save as</source>
            <translation>另存为(&amp;S)</translation>
        </message>
        <message>
            <source>Best on a stick that this person carries, not in the case folder.</source>
            <translation>最好存在本人随身携带的 U 盘上，不要放进案件文件夹。</translation>
        </message>
        <message>
            <source>&amp;Passphrase</source>
            <translation>口令(&amp;P)</translation>
        </message>
        <message>
            <source>At least {n} characters. Without it the key is lost; nobody can reset it.</source>
            <translation>至少 {n} 个字符。忘记口令则密钥作废，任何人都无法重置。</translation>
        </message>
        <message>
            <source>Passphrase &amp;again</source>
            <translation>再次输入口令(&amp;A)</translation>
        </message>
        <message>
            <source>Create</source>
            <translation>新建</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
        <message>
            <source>Give a name and a place for the file.</source>
            <translation>请填写姓名和文件位置。</translation>
        </message>
        <message>
            <source>The passphrase is too short: at least {n} characters.</source>
            <translation>口令太短：至少 {n} 个字符。</translation>
        </message>
        <message>
            <source>The two passphrases differ. Type them again.</source>
            <translation>两次输入的口令不一致，请重新输入。</translation>
        </message>
        <message>
            <source>There is no folder {place}. Choose one that exists.</source>
            <translation>文件夹 {place} 不存在，请另选已有的文件夹。</translation>
        </message>
    </context>
    <context>
        <name>Papers</name>
        <message>
            <source>Document</source>
            <translation>文件</translation>
        </message>
        <message>
            <source>Kind</source>
            <translation>类别</translation>
        </message>
        <message>
            <source>SHA-256</source>
            <translation>SHA-256</translation>
        </message>
    </context>
    <context>
        <name>PapersDialog</name>
        <message>
            <source>Choose documents</source>
            <translation>选择文件</translation>
        </message>
        <message>
            <source>Papers and training</source>
            <translation>附件与培训</translation>
        </message>
        <message>
            <source>The certificate is made: it names these documents, so nothing is added or removed any more.</source>
            <translation>证明已出具并载明了这些文件，不再增减。</translation>
        </message>
        <message>
            <source>Drop documents here or add them: a copy is kept in the case folder. The certificate names each by its kind and SHA-256, and holds none of their content.</source>
            <translation>把文件拖到这里，或点“添加文件”：副本存入案件文件夹。证明按类别和 SHA-256 摘要逐份载明，不含其内容。</translation>
        </message>
        <message>
            <source>Documents of the case</source>
            <translation>本案的文件</translation>
        </message>
        <message>
            <source>&amp;Kind:</source>
            <translation>类别(&amp;K)：</translation>
        </message>
        <message>
            <source>Kind of the documents to add</source>
            <translation>要添加的文件的类别</translation>
        </message>
        <message>
            <source>&amp;Add documents…</source>
            <translation>添加文件(&amp;A)…</translation>
        </message>
        <message>
            <source>&amp;Remove</source>
            <translation>移出(&amp;R)</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>关闭</translation>
        </message>
    </context>
    <context>
        <name>PathBox</name>
        <message>
            <source>Browse…</source>
            <translation>浏览…</translation>
        </message>
        <message>
            <source>Choose a folder</source>
            <translation>选择文件夹</translation>
        </message>
        <message>
            <source>Choose a file</source>
            <translation>选择文件</translation>
        </message>
    </context>
    <context>
        <name>PeopleBoxes</name>
        <message>
            <source>{role} {n}</source>
            <translation>{role} {n}</translation>
        </message>
    </context>
    <context>
        <name>PersonBox</name>
        <message>
            <source>A .p12 file that only this person has.</source>
            <translation>仅由本人持有的 .p12 文件。</translation>
        </message>
        <message>
            <source>Passphrase</source>
            <translation>口令</translation>
        </message>
        <message>
            <source>Create a new key file…</source>
            <translation>新建密钥文件…</translation>
        </message>
        <message>
            <source>Create a new key file for the {role}</source>
            <translation>为{role}新建密钥文件</translation>
        </message>
        <message>
            <source>Kept in memory only, never written.</source>
            <translation>仅存于内存，不会写入磁盘。</translation>
        </message>
        <message>
            <source>Unlocked: {name}, key {fingerprint}</source>
            <translation>已解锁：{name}，密钥指纹 {fingerprint}</translation>
        </message>
        <message>
            <source>in a key file</source>
            <translation>密钥文件</translation>
        </message>
        <message>
            <source>on a token (PKCS#11)</source>
            <translation>硬件令牌（PKCS#11）</translation>
        </message>
        <message>
            <source>{role}'s key</source>
            <translation>{role}的密钥</translation>
        </message>
        <message>
            <source>Key file</source>
            <translation>密钥文件</translation>
        </message>
        <message>
            <source>Driver</source>
            <translation>驱动</translation>
        </message>
        <message>
            <source>The token's PKCS#11 library.</source>
            <translation>令牌的 PKCS#11 库文件。</translation>
        </message>
        <message>
            <source>Token</source>
            <translation>令牌</translation>
        </message>
        <message>
            <source>Its label, or a whole pkcs11: address.</source>
            <translation>令牌的标签，或完整的 pkcs11: 地址。</translation>
        </message>
        <message>
            <source>PIN</source>
            <translation>PIN 码</translation>
        </message>
    </context>
    <context>
        <name>Places</name>
        <message>
            <source>Add folder…</source>
            <translation>添加文件夹…</translation>
        </message>
        <message>
            <source>Add file…</source>
            <translation>添加文件…</translation>
        </message>
        <message>
            <source>Remove</source>
            <translation>移除</translation>
        </message>
        <message>
            <source>Choose a folder</source>
            <translation>选择文件夹</translation>
        </message>
        <message>
            <source>Choose files</source>
            <translation>选择文件</translation>
        </message>
    </context>
    <context>
        <name>PlanDialog</name>
        <message>
            <source>Close</source>
            <translation>关闭</translation>
        </message>
        <message>
            <source>In the order of signing; its digest is {digest}.</source>
            <translation>按签署顺序排列；清单摘要：{digest}。</translation>
        </message>
        <message>
            <source>Items of the list</source>
            <translation>清单各项</translation>
        </message>
        <message>
            <source>Rows: {all}</source>
            <translation>共 {all} 项</translation>
        </message>
        <message>
            <source>Search in the list</source>
            <translation>在清单中搜索</translation>
        </message>
        <message>
            <source>Search…</source>
            <translation>搜索…</translation>
        </message>
        <message>
            <source>Show only this fate</source>
            <translation>只显示此处置</translation>
        </message>
        <message>
            <source>The list, item by item</source>
            <translation>处置清单（逐项）</translation>
        </message>
        <message>
            <source>all fates</source>
            <translation>全部处置</translation>
        </message>
        <message>
            <source>{shown} of {all}</source>
            <translation>{shown} / {all} 项</translation>
        </message>
        <message>
            <source>{shown} so far, of {all}</source>
            <translation>已显示 {shown} / {all} 项</translation>
        </message>
    </context>
    <context>
        <name>Records</name>
        <message>
            <source>Record</source>
            <translation>记录</translation>
        </message>
        <message>
            <source>Findings</source>
            <translation>发现</translation>
        </message>
        <message>
            <source>People</source>
            <translation>人数</translation>
        </message>
        <message>
            <source>Tier</source>
            <translation>级别</translation>
        </message>
        <message>
            <source>Category</source>
            <translation>类别</translation>
        </message>
        <message>
            <source>Problems</source>
            <translation>问题</translation>
        </message>
        <message>
            <source>Fate</source>
            <translation>处置</translation>
        </message>
        <message>
            <source>Why</source>
            <translation>原因</translation>
        </message>
        <message>
            <source>Law</source>
            <translation>法律依据</translation>
        </message>
        <message>
            <source>May go from</source>
            <translation>可处置日</translation>
        </message>
        <message>
            <source>undecided</source>
            <translation>未决定</translation>
        </message>
    </context>
    <context>
        <name>RunBar</name>
        <message>
            <source>Progress</source>
            <translation>进度</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>停止</translation>
        </message>
        <message>
            <source>Worked on now</source>
            <translation>正在处理</translation>
        </message>
        <message>
            <source>Stopping at the next safe point…</source>
            <translation>正在安全停止…</translation>
        </message>
        <message>
            <source>Files: {n}</source>
            <translation>文件：{n}</translation>
        </message>
        <message>
            <source>Read or written: {n}</source>
            <translation>读写：{n}</translation>
        </message>
        <message>
            <source>Keys: {n}</source>
            <translation>密钥：{n}</translation>
        </message>
        <message>
            <source>Pages: {n}</source>
            <translation>页：{n}</translation>
        </message>
        <message>
            <source>Records: {n}</source>
            <translation>记录：{n}</translation>
        </message>
        <message>
            <source>{done} of {total}</source>
            <translation>{done} / {total}</translation>
        </message>
        <message>
            <source>about {minutes}:{seconds:02} left</source>
            <translation>约剩 {minutes}:{seconds:02}</translation>
        </message>
        <message>
            <source>{percent} percent done</source>
            <translation>已完成百分之 {percent}</translation>
        </message>
    </context>
    <context>
        <name>Sheet</name>
        <message>
            <source>Search…</source>
            <translation>搜索…</translation>
        </message>
        <message>
            <source>Search in the table</source>
            <translation>在表中搜索</translation>
        </message>
        <message>
            <source>{shown} of {all}</source>
            <translation>{shown} / {all} 行</translation>
        </message>
        <message>
            <source>Rows: {all}</source>
            <translation>共 {all} 行</translation>
        </message>
    </context>
    <context>
        <name>ShredPage</name>
        <message>
            <source>Done, with exceptions: {n}. The certificate names each with its reason.</source>
            <translation>已完成，{n} 项例外。证明会逐项写明原因。</translation>
        </message>
        <message>
            <source>No keys were declared. There is nothing to shred; the step is recorded as such.</source>
            <translation>没有申报密钥，无可粉碎；此步骤照实记录。</translation>
        </message>
        <message>
            <source>&amp;Shred the keys</source>
            <translation>粉碎密钥(&amp;S)</translation>
        </message>
        <message>
            <source>Shred</source>
            <translation>粉碎密钥</translation>
        </message>
        <message>
            <source>Overwrite and remove the keys of the signed list, before its files.</source>
            <translation>先于文件，覆写并移除已签署清单中的密钥。</translation>
        </message>
        <message>
            <source>Keys and their verdicts</source>
            <translation>密钥及结论</translation>
        </message>
        <message>
            <source>&amp;Shred all the same</source>
            <translation>仍然粉碎(&amp;S)</translation>
        </message>
        <message>
            <source>&amp;Type it first</source>
            <translation>先输入口令(&amp;T)</translation>
        </message>
        <message>
            <source>A passphrase is missing</source>
            <translation>缺少口令</translation>
        </message>
        <message>
            <source>No passphrase opens: {names}. Choose the key and type it below. Without it the key is destroyed all the same, but it can't be tried whether it still opens anything, and its verdict says so.</source>
            <translation>尚无口令可打开：{names}。请选中该密钥并在下方输入口令。没有口令也会照样销毁，但无法试验它是否还能解开数据，结论会如实注明。</translation>
        </message>
        <message>
            <source>Shred the keys without it?</source>
            <translation>不输入口令就粉碎密钥吗？</translation>
        </message>
        <message>
            <source>Done. Each key file was overwritten where it lay and removed, each key of a store destroyed by its own call; its verdict says what is known of copies.</source>
            <translation>已完成。密钥文件均已就地覆写并移除，密钥库中的密钥已由其自身调用销毁；有无副本，见各项结论。</translation>
        </message>
        <message>
            <source>Keys or passwords were found in {n} files that are not declared as keys: {names}. They go with their files, without a verdict of their own; declare them on the first pages to have one.</source>
            <translation>另有 {n} 个含密钥或密码的文件未申报为密钥：{names}。它们随所在文件处置，没有单独的结论；如需结论，请在前面的页面申报。</translation>
        </message>
        <message>
            <source>These keys will be overwritten where they lie and removed, those of a store by its own call. Lethe can't undo it; a copy of a key kept elsewhere still opens what it opens.</source>
            <translation>以下密钥文件将就地覆写并移除，密钥库中的密钥由其自身调用销毁。Lethe 无法撤销；别处若另有密钥副本，凭它仍可打开密文。</translation>
        </message>
    </context>
    <context>
        <name>SignPage</name>
        <message>
            <source>Signed by both. From here on nothing before this page can be changed.</source>
            <translation>双方均已签署。此前各页从此不能更改。</translation>
        </message>
        <message>
            <source>Lethe will destroy, and can't undo: {what}; {size} in all. Copies it does not know of are not among them.</source>
            <translation>Lethe 将销毁，且无法撤销：{what}；共 {size}。Lethe 不知道的副本不在其内。</translation>
        </message>
        <message>
            <source>Will not be destroyed: {what}; of these {held} by law or under a hold.</source>
            <translation>不予销毁：{what}；其中依法或因保全留存 {held} 项。</translation>
        </message>
        <message>
            <source>{role} {name} signed at {when}, key {key}</source>
            <translation>{role} {name} 于 {when} 签署，密钥指纹 {key}</translation>
        </message>
        <message>
            <source>Sign</source>
            <translation>签署清单</translation>
        </message>
        <message>
            <source>The officer and the witness sign the same list, each with their own key.</source>
            <translation>经办人与监销人各用本人密钥，签署同一份清单。</translation>
        </message>
        <message>
            <source>The list</source>
            <translation>处置清单</translation>
        </message>
        <message>
            <source>Fates in the list</source>
            <translation>清单中的处置</translation>
        </message>
        <message>
            <source>Digest of the list</source>
            <translation>清单摘要</translation>
        </message>
        <message>
            <source>SHA-256 of the list. Both people sign exactly this.</source>
            <translation>清单的 SHA-256 摘要；双方签署的正是它。</translation>
        </message>
        <message>
            <source>&amp;Sign the list</source>
            <translation>签署清单(&amp;S)</translation>
        </message>
        <message>
            <source>Sign the list</source>
            <translation>签署清单</translation>
        </message>
        <message>
            <source>Show every &amp;item…</source>
            <translation>查看每一项(&amp;I)…</translation>
        </message>
        <message>
            <source>Show every item of the list</source>
            <translation>查看清单的每一项</translation>
        </message>
        <message>
            <source>Not signed. The witness must take the first key of the journal before.</source>
            <translation>尚未签署。签署之前，监销人须先收存日志的起始密钥。</translation>
        </message>
        <message>
            <source>Keys, at best: {what}.</source>
            <translation>密钥，至多可得：{what}。</translation>
        </message>
        <message>
            <source>What becomes of each &amp;key…</source>
            <translation>每把密钥将如何处置(&amp;K)…</translation>
        </message>
        <message>
            <source>What becomes of each key</source>
            <translation>每把密钥将如何处置</translation>
        </message>
        <message>
            <source>not foreseen: {n}</source>
            <translation>未能预计 {n}</translation>
        </message>
    </context>
    <context>
        <name>SoughtBox</name>
        <message>
            <source>CSV or Excel with a row of heads. Held in memory only, never written.</source>
            <translation>带列名的 CSV 或 Excel 文件。只在内存中使用，不写入磁盘。</translation>
        </message>
        <message>
            <source>Customers in the list: {n}. Held in memory only, never written.</source>
            <translation>名单上有客户 {n} 人。只在内存中使用，不写入磁盘。</translation>
        </message>
        <message>
            <source>Customer l&amp;ist</source>
            <translation>客户名单(&amp;I)</translation>
        </message>
        <message>
            <source>One &amp;person</source>
            <translation>某一个人(&amp;P)</translation>
        </message>
        <message>
            <source>A name or a number: the records that hold it show 'person looked for'.</source>
            <translation>姓名或号码：含有它的记录会标出“查找的人”。</translation>
        </message>
    </context>
    <context>
        <name>StepList</name>
        <message>
            <source>done</source>
            <translation>已完成</translation>
        </message>
        <message>
            <source>here now</source>
            <translation>当前</translation>
        </message>
        <message>
            <source>begun</source>
            <translation>进行中</translation>
        </message>
        <message>
            <source>can begin</source>
            <translation>可以开始</translation>
        </message>
        <message>
            <source>later</source>
            <translation>尚未开始</translation>
        </message>
    </context>
    <context>
        <name>StepPage</name>
        <message>
            <source>Stopped. Nothing is lost; go on whenever you like, also tomorrow.</source>
            <translation>已停止，没有任何丢失。随时可以继续，隔天也可以。</translation>
        </message>
    </context>
    <context>
        <name>StoreKeyDialog</name>
        <message>
            <source>A key in a store or on a token</source>
            <translation>密钥库或令牌中的密钥</translation>
        </message>
        <message>
            <source>Fill in: {name}.</source>
            <translation>请填写：{name}。</translation>
        </message>
        <message>
            <source>nothing is called</source>
            <translation>不调用任何操作</translation>
        </message>
        <message>
            <source>It is there. To destroy it: {steps}. Copies found: {n}.</source>
            <translation>密钥存在。销毁步骤：{steps}。已发现副本：{n} 份。</translation>
        </message>
        <message>
            <source>&amp;Kind</source>
            <translation>种类(&amp;K)</translation>
        </message>
        <message>
            <source>Lethe asks the store for the key before anything is signed, tells it to destroy the key in the shred step, and asks again.</source>
            <translation>签署之前，Lethe 先向密钥库查询该密钥；在粉碎步骤中令其销毁，之后再次查询。</translation>
        </message>
        <message>
            <source>&amp;PIN</source>
            <translation>PIN 码(&amp;P)</translation>
        </message>
        <message>
            <source>&amp;Token</source>
            <translation>访问令牌(&amp;T)</translation>
        </message>
        <message>
            <source>&amp;What was destroyed</source>
            <translation>已销毁的密钥(&amp;W)</translation>
        </message>
        <message>
            <source>Pat&amp;h of the key</source>
            <translation>密钥路径(&amp;H)</translation>
        </message>
        <message>
            <source>K&amp;ey</source>
            <translation>密钥(&amp;E)</translation>
        </message>
        <message>
            <source>TC&amp;TI</source>
            <translation>TCTI(&amp;T)</translation>
        </message>
        <message>
            <source>&amp;Address</source>
            <translation>地址(&amp;A)</translation>
        </message>
        <message>
            <source>Re&amp;gion</source>
            <translation>区域(&amp;G)</translation>
        </message>
        <message>
            <source>&amp;Library of the token</source>
            <translation>令牌驱动库(&amp;L)</translation>
        </message>
        <message>
            <source>Who says &amp;so</source>
            <translation>申报人(&amp;S)</translation>
        </message>
        <message>
            <source>Their e&amp;vidence</source>
            <translation>证明文件(&amp;V)</translation>
        </message>
        <message>
            <source>&amp;Passphrase</source>
            <translation>口令(&amp;P)</translation>
        </message>
        <message>
            <source>&amp;Days until it goes</source>
            <translation>等待天数(&amp;D)</translation>
        </message>
        <message>
            <source>Seco&amp;nds to wait</source>
            <translation>等待秒数(&amp;N)</translation>
        </message>
        <message>
            <source>&amp;Copies may lie in</source>
            <translation>可能有副本的位置(&amp;C)</translation>
        </message>
        <message>
            <source>Its PKCS#11 URI: pkcs11:token=…;object=…</source>
            <translation>PKCS#11 URI：pkcs11:token=…;object=…</translation>
        </message>
        <message>
            <source>As in its API: transit/keys/customers, or secret/data/crm/key.</source>
            <translation>按其 API 的写法：transit/keys/customers 或 secret/data/crm/key。</translation>
        </message>
        <message>
            <source>A key id, an ARN or alias/…. Who asks is taken from the environment or the AWS profile.</source>
            <translation>密钥 ID、ARN 或 alias/…。访问身份取自环境变量或 AWS 配置文件。</translation>
        </message>
        <message>
            <source>Its label in the keyring's window, or attributes: service=crm;username=backup.</source>
            <translation>钥匙串窗口中的名称，或属性：service=crm;username=backup。</translation>
        </message>
        <message>
            <source>A handle 0x81…, an index nv:0x15…, or owner: all that hangs on the owner's seed.</source>
            <translation>句柄 0x81…、索引 nv:0x15…，或 owner：所有者种子之下的全部密钥。</translation>
        </message>
        <message>
            <source>In words that name no customer; it is printed as claimed, not as seen.</source>
            <translation>请勿写出客户姓名。销毁证明将其列为“声称”，而非“所见”。</translation>
        </message>
        <message>
            <source>Of the server: https://host:8200.</source>
            <translation>服务器地址：https://host:8200。</translation>
        </message>
        <message>
            <source>Empty for AWS's own; else the endpoint that answers instead.</source>
            <translation>留空即 AWS 官方地址；否则填写代替它的端点。</translation>
        </message>
        <message>
            <source>How the TPM is reached; empty for this computer's own.</source>
            <translation>TPM 的访问方式；留空即本机 TPM。</translation>
        </message>
        <message>
            <source>The .so, .dll or .dylib that the token's maker gives.</source>
            <translation>令牌厂商提供的 .so、.dll 或 .dylib 文件。</translation>
        </message>
        <message>
            <source>Kept in memory only, until the case is closed.</source>
            <translation>只保存在内存中，案件关闭即清除。</translation>
        </message>
        <message>
            <source>7 to 30: AWS deletes on that day, and till then it can be called off.</source>
            <translation>7 至 30 天：AWS 到期才删除，此前仍可撤销。</translation>
        </message>
        <message>
            <source>Exports, snapshots and backups; each that is found lowers the verdict.</source>
            <translation>导出文件、快照和备份；每发现一份，结论相应降低。</translation>
        </message>
        <message>
            <source>Lethe does nothing to this key and sees nothing but the paper.</source>
            <translation>Lethe 不处理该密钥，所见仅有证明文件。</translation>
        </message>
    </context>
    <context>
        <name>TermsDialog</name>
        <message>
            <source>Give the reader's name and their age recipient.</source>
            <translation>请填写阅读人的姓名和其 age 收件公钥。</translation>
        </message>
        <message>
            <source>This is no age recipient: it begins with age1 and has 62 characters. Ask the reader.</source>
            <translation>这不是 age 收件公钥：它以 age1 开头，共 62 个字符。请向阅读人索取。</translation>
        </message>
        <message>
            <source>The address of a time stamp service begins with http://.</source>
            <translation>时间戳服务的地址应以 http:// 或 https:// 开头。</translation>
        </message>
        <message>
            <source>A reader is typed but not added: press Add, or empty the line.</source>
            <translation>填写的阅读人尚未添加：请按“添加”，或清空该行。</translation>
        </message>
        <message>
            <source>More of the certificate</source>
            <translation>证明的其他约定</translation>
        </message>
        <message>
            <source>Print, time and register</source>
            <translation>纸质清册、时间与登记簿</translation>
        </message>
        <message>
            <source>Who may read the full list of names</source>
            <translation>谁可以阅读完整名单</translation>
        </message>
        <message>
            <source>where it is short</source>
            <translation>篇幅不长时出具</translation>
        </message>
        <message>
            <source>always</source>
            <translation>一律出具</translation>
        </message>
        <message>
            <source>never</source>
            <translation>不出具</translation>
        </message>
        <message>
            <source>Inventory on &amp;paper</source>
            <translation>纸质清册(&amp;P)</translation>
        </message>
        <message>
            <source>A second PDF, in volumes where it is long.</source>
            <translation>另出一份 PDF；篇幅长时分册。</translation>
        </message>
        <message>
            <source>&amp;Time stamp service</source>
            <translation>时间戳服务(&amp;T)</translation>
        </message>
        <message>
            <source>RFC 3161; the only address that Lethe ever calls. Empty: the time of this computer.</source>
            <translation>RFC 3161；忘川只会连接这一个地址。留空则用本机时间。</translation>
        </message>
        <message>
            <source>Its c&amp;hain</source>
            <translation>其证书链(&amp;H)</translation>
        </message>
        <message>
            <source>Certificates, CRLs and OCSP answers of the service.</source>
            <translation>该服务的证书、吊销列表与 OCSP 应答。</translation>
        </message>
        <message>
            <source>&amp;Register of certificates</source>
            <translation>证明登记簿(&amp;R)</translation>
        </message>
        <message>
            <source>Empty: certificates.jsonl beside the case folder.</source>
            <translation>留空则用案件文件夹旁的 certificates.jsonl。</translation>
        </message>
        <message>
            <source>The list is encrypted for each of them with their age recipient. Nobody: no list is made.</source>
            <translation>名单用各人的 age 收件公钥加密；无人阅读则不出具名单。</translation>
        </message>
        <message>
            <source>Readers of the full list</source>
            <translation>完整名单的阅读人</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>姓名</translation>
        </message>
        <message>
            <source>Name of a reader</source>
            <translation>阅读人姓名</translation>
        </message>
        <message>
            <source>Age recipient of the reader</source>
            <translation>阅读人的 age 收件公钥</translation>
        </message>
        <message>
            <source>&amp;Add</source>
            <translation>添加(&amp;A)</translation>
        </message>
        <message>
            <source>R&amp;emove</source>
            <translation>移除(&amp;E)</translation>
        </message>
        <message>
            <source>OK</source>
            <translation>确定</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
    </context>
    <context>
        <name>VaultPhrase</name>
        <message>
            <source>Type the passphrase of the vault.</source>
            <translation>请输入封存库口令。</translation>
        </message>
        <message>
            <source>The two passphrases of the vault are not the same.</source>
            <translation>两次输入的封存库口令不一致。</translation>
        </message>
        <message>
            <source>&amp;Vault passphrase</source>
            <translation>封存库口令(&amp;V)</translation>
        </message>
        <message>
            <source>Opens the case's own vault together with the key above. Lost, the case is lost.</source>
            <translation>与上面的密钥一起打开本案的封存库。一旦遗失，案件即无法打开。</translation>
        </message>
        <message>
            <source>The one that was given when the case was begun.</source>
            <translation>开始办理本案时设定的口令。</translation>
        </message>
        <message>
            <source>The same onc&amp;e more</source>
            <translation>再次输入(&amp;E)</translation>
        </message>
    </context>
    <context>
        <name>Verdicts</name>
        <message>
            <source>Valid</source>
            <translation>有效</translation>
        </message>
        <message>
            <source>Incomplete</source>
            <translation>不完整</translation>
        </message>
        <message>
            <source>Altered</source>
            <translation>已被改动</translation>
        </message>
        <message>
            <source>Not ours</source>
            <translation>非忘川出具</translation>
        </message>
        <message>
            <source>Certificate</source>
            <translation>销毁证明</translation>
        </message>
        <message>
            <source>Manifest</source>
            <translation>证明数据（manifest）</translation>
        </message>
        <message>
            <source>Signature of a manifest</source>
            <translation>证明数据的签名</translation>
        </message>
        <message>
            <source>in-toto envelope</source>
            <translation>in-toto 信封</translation>
        </message>
        <message>
            <source>Inventory</source>
            <translation>销毁清册</translation>
        </message>
        <message>
            <source>Encrypted list of names</source>
            <translation>加密名单</translation>
        </message>
        <message>
            <source>Proof for one record</source>
            <translation>单项证明</translation>
        </message>
        <message>
            <source>QR code</source>
            <translation>二维码</translation>
        </message>
        <message>
            <source>Journal</source>
            <translation>日志</translation>
        </message>
        <message>
            <source>Sealed package</source>
            <translation>封存包</translation>
        </message>
        <message>
            <source>{kind}: every check made holds ({n}).</source>
            <translation>{kind}：所做的 {n} 项核验全部成立。</translation>
        </message>
        <message>
            <source>{kind}: nothing is wrong with what is there, but something needed is missing.</source>
            <translation>{kind}：现有内容无误，但缺少必要的部分。</translation>
        </message>
        <message>
            <source>{kind}: checks that fail: {bad}. Do not rely on it.</source>
            <translation>{kind}：有 {bad} 项核验不成立，不可采信。</translation>
        </message>
        <message>
            <source>This was not issued by Lethe, or nothing in it shows that it was.</source>
            <translation>不是忘川出具的，或其中没有任何内容可以表明是忘川出具的。</translation>
        </message>
        <message>
            <source>Not looked at: {n}; see below.</source>
            <translation>另有 {n} 项未核验，见下。</translation>
        </message>
    </context>
    <context>
        <name>Pace</name>
        <message>
            <source>Checking…</source>
            <translation>正在核验…</translation>
        </message>
        <message>
            <source>Journal, seal and chain: {n}</source>
            <translation>日志的摘要链与封印：{n}</translation>
        </message>
        <message>
            <source>Journal against certificate: {n}</source>
            <translation>日志与证明对照：{n}</translation>
        </message>
        <message>
            <source>Rows of the inventory: {n}</source>
            <translation>清册行数：{n}</translation>
        </message>
        <message>
            <source>Leaves of the proofs: {n}</source>
            <translation>证明树叶：{n}</translation>
        </message>
        <message>
            <source>Signatures: {n}</source>
            <translation>签名：{n}</translation>
        </message>
        <message>
            <source>{done} of {total}</source>
            <translation>{done} / {total}</translation>
        </message>
    </context>
    <context>
        <name>VerifyWindow</name>
        <message>
            <source>Stopped. Nothing was found out.</source>
            <translation>已停止，没有得出结论。</translation>
        </message>
        <message>
            <source>Copied.</source>
            <translation>已复制。</translation>
        </message>
        <message>
            <source>Check a certificate</source>
            <translation>核验证明</translation>
        </message>
        <message>
            <source>Drop a file here: certificate.pdf, manifest.json, a proof, journal.jsonl, a sealed package, or a photo of the QR code. What lies beside it is used too. Nothing is sent anywhere.</source>
            <translation>将文件拖放到这里：certificate.pdf、manifest.json、单项证明、journal.jsonl、封存包，或二维码的照片。旁边的相关文件也会用到。核验不联网。</translation>
        </message>
        <message>
            <source>File to be checked</source>
            <translation>要核验的文件</translation>
        </message>
        <message>
            <source>Or &amp;paste the text of the QR code</source>
            <translation>或粘贴二维码内容(&amp;P)</translation>
        </message>
        <message>
            <source>First &amp;key of the journal</source>
            <translation>日志的起始密钥(&amp;K)</translation>
        </message>
        <message>
            <source>The witness's twelve words, if at hand: with them the journal's seal is checked too.</source>
            <translation>监销人所存的十二个字，如在手边：凭此还可核验日志的封印。</translation>
        </message>
        <message>
            <source>Custodian's &amp;age key file</source>
            <translation>保管人的 age 密钥文件(&amp;A)</translation>
        </message>
        <message>
            <source>With it the package is opened in memory and checked whole.</source>
            <translation>凭此在内存中打开封存包，完整核验。</translation>
        </message>
        <message>
            <source>&amp;Check</source>
            <translation>核验(&amp;C)</translation>
        </message>
        <message>
            <source>&amp;Stop</source>
            <translation>停止(&amp;S)</translation>
        </message>
        <message>
            <source>Copy &amp;result</source>
            <translation>复制结果(&amp;R)</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>关闭</translation>
        </message>
        <message>
            <source>Progress</source>
            <translation>进度</translation>
        </message>
        <message>
            <source>Each check</source>
            <translation>各项核验</translation>
        </message>
        <message>
            <source>Or the &amp;witness's key file</source>
            <translation>或监销人的密钥文件(&amp;W)</translation>
        </message>
        <message>
            <source>It opens first-key.json, which lies beside the journal; used here only, and forgotten.</source>
            <translation>用来打开日志旁的 first-key.json；只在此处使用，用后即忘。</translation>
        </message>
    </context>
    <context>
        <name>Volumes</name>
        <message>
            <source>flash</source>
            <translation>闪存</translation>
        </message>
        <message>
            <source>kind not known</source>
            <translation>类型未获知</translation>
        </message>
        <message>
            <source>magnetic disk</source>
            <translation>磁盘</translation>
        </message>
        <message>
            <source>not told</source>
            <translation>未获知</translation>
        </message>
        <message>
            <source>takes TRIM</source>
            <translation>支持 TRIM</translation>
        </message>
        <message>
            <source>Mounted with: {options}</source>
            <translation>挂载选项：{options}</translation>
        </message>
        <message>
            <source>TRIM not known</source>
            <translation>是否支持 TRIM 未获知</translation>
        </message>
        <message>
            <source>To be overwritten here: {n} files, {size}</source>
            <translation>此处将覆写：{n} 个文件，{size}</translation>
        </message>
        <message>
            <source>names can't be cleaned here</source>
            <translation>此处无法清理文件名</translation>
        </message>
        <message>
            <source>names: {size} are written over its journal, about {seconds} s</source>
            <translation>清理文件名：向其日志写入约 {size}，约 {seconds} 秒</translation>
        </message>
        <message>
            <source>no journal to write over for the names</source>
            <translation>清理文件名无须改写日志</translation>
        </message>
        <message>
            <source>no names to clean</source>
            <translation>无文件名须清理</translation>
        </message>
        <message>
            <source>takes no TRIM</source>
            <translation>不支持 TRIM</translation>
        </message>
        <message>
            <source>{kind}; model: {model}; serial: {serial}</source>
            <translation>{kind}；型号：{model}；序列号：{serial}</translation>
        </message>
        <message>
            <source>Volume {mount}: {device}, {system}</source>
            <translation>卷 {mount}：{device}，{system}</translation>
        </message>
    </context>
    <context>
        <name>WipePage</name>
        <message>
            <source>still to do</source>
            <translation>待处理</translation>
        </message>
        <message>
            <source>&amp;Wipe</source>
            <translation>擦除(&amp;W)</translation>
        </message>
        <message>
            <source>Wipe</source>
            <translation>擦除文件</translation>
        </message>
        <message>
            <source>Overwrite the files of the signed list, read them back, remove them.</source>
            <translation>覆写已签署清单中的文件，读回核验，再移除。</translation>
        </message>
        <message>
            <source>Before the act</source>
            <translation>执行前确认</translation>
        </message>
        <message>
            <source>Outcomes</source>
            <translation>结果汇总</translation>
        </message>
        <message>
            <source>Type the case n&amp;umber to confirm:</source>
            <translation>请输入案号以确认(&amp;U)：</translation>
        </message>
        <message>
            <source>Case number, to confirm the wipe</source>
            <translation>输入案号以确认擦除</translation>
        </message>
        <message>
            <source>Lethe can't undo this. Every file is checked against the signed list once more before it.</source>
            <translation>Lethe 无法撤销此操作。执行前每个文件都会再次与已签署的清单比对。</translation>
        </message>
        <message>
            <source>Files and their outcomes</source>
            <translation>文件及结果</translation>
        </message>
        <message>
            <source>Not every file was read back from the device itself ({why}). Those were read back through the file; their grade says so.</source>
            <translation>并非每个文件都直接读取设备核验（{why}）。这些文件改为经文件读回，等级已如实注明。</translation>
        </message>
        <message>
            <source>as the list says</source>
            <translation>按清单所定</translation>
        </message>
        <message>
            <source>sudo does not start the reader without a password</source>
            <translation>sudo 未设为免口令启动读取程序</translation>
        </message>
        <message>
            <source>the administrator's permission was not given</source>
            <translation>未获管理员许可</translation>
        </message>
        <message>
            <source>the system does not let it be read</source>
            <translation>系统不允许读取</translation>
        </message>
        <message>
            <source>the system offers no way to it</source>
            <translation>本机没有可用的办法</translation>
        </message>
    </context>
    <context>
        <name>WipingBox</name>
        <message>
            <source>&amp;Give freed blocks back to the device</source>
            <translation>把释放的存储块交还设备（TRIM）(&amp;G)</translation>
        </message>
        <message>
            <source>&amp;Method</source>
            <translation>方法(&amp;M)</translation>
        </message>
        <message>
            <source>After the wipe, free blocks are given back where the device takes it.</source>
            <translation>擦除之后，在设备支持之处交还空闲存储块。</translation>
        </message>
        <message>
            <source>Clean the names out of f&amp;olders and journals too</source>
            <translation>文件夹与文件系统日志中的文件名也一并清理(&amp;O)</translation>
        </message>
        <message>
            <source>Declined: on XFS and btrfs names may remain, and the grade says so.</source>
            <translation>不交还：在 XFS 与 btrfs 上可能留有文件名，等级会如实注明。</translation>
        </message>
        <message>
            <source>GA/T 1143 speaks of magnetic media only. Not known to be magnetic: {named}. More passes reach no more there than one does.</source>
            <translation>GA/T 1143 的方法仅适用于磁介质。以下介质未能确认为磁介质：{named}。在那里多次覆写并不比一次更有效。</translation>
        </message>
        <message>
            <source>How it is wiped</source>
            <translation>如何擦除</translation>
        </message>
        <message>
            <source>If that is refused:</source>
            <translation>若未获许可：</translation>
        </message>
        <message>
            <source>Its &amp;passes</source>
            <translation>各遍内容(&amp;P)</translation>
        </message>
        <message>
            <source>Lethe runs with the rights for it.</source>
            <translation>本程序已有所需权限。</translation>
        </message>
        <message>
            <source>Names</source>
            <translation>文件名</translation>
        </message>
        <message>
            <source>None of the devices says that it takes TRIM.</source>
            <translation>各设备均未表明支持 TRIM。</translation>
        </message>
        <message>
            <source>Not possible on: {mounts}.</source>
            <translation>以下卷无法清理：{mounts}。</translation>
        </message>
        <message>
            <source>Proof</source>
            <translation>核验</translation>
        </message>
        <message>
            <source>Read the result from the &amp;device itself</source>
            <translation>直接读取设备核验结果(&amp;D)</translation>
        </message>
        <message>
            <source>TRIM</source>
            <translation>空闲块</translation>
        </message>
        <message>
            <source>Takes about {seconds} s and writes {size} over the file systems' journals.</source>
            <translation>约需 {seconds} 秒，向文件系统日志写入约 {size}。</translation>
        </message>
        <message>
            <source>This system offers no way to it.</source>
            <translation>本机没有可用的办法。</translation>
        </message>
        <message>
            <source>Through sudo, where it is set up without a password. Else:</source>
            <translation>在 sudo 设为免口令时经 sudo 进行。否则：</translation>
        </message>
        <message>
            <source>Volumes that will be touched</source>
            <translation>将涉及的卷</translation>
        </message>
        <message>
            <source>What each pass writes, in order: bytes in hex such as 00 or 55aa, or random. One to 35 passes; saved once they can be read.</source>
            <translation>依次写明各遍写入的内容：十六进制字节如 00 或 55aa，或 random（随机）。一至三十五遍；格式无误后保存。</translation>
        </message>
        <message>
            <source>When the wipe begins, the system asks for the administrator's password.</source>
            <translation>开始擦除时，系统会询问管理员口令。</translation>
        </message>
        <message>
            <source>Declined: the best grade is then: {grade}.</source>
            <translation>不清理：等级最高为：{grade}。</translation>
        </message>
        <message>
            <source>Read back through the file only; the best grade is then: {grade}.</source>
            <translation>仅经文件读回；等级最高为：{grade}。</translation>
        </message>
        <message>
            <source>There is no journal to write over; it takes next to no time.</source>
            <translation>没有须改写的文件系统日志，几乎不费时间。</translation>
        </message>
        <message>
            <source>Without it the best grade is: {grade}.</source>
            <translation>若不清理，等级最高为：{grade}。</translation>
        </message>
    </context>
    <context>
        <name>Wizard</name>
        <message>
            <source>A step is running</source>
            <translation>步骤正在进行</translation>
        </message>
        <message>
            <source>Stop at the next safe point and close?</source>
            <translation>要在下一个安全点停止并关闭吗？</translation>
        </message>
        <message>
            <source>Nothing is lost. Open the case again and it goes on exactly where it stopped.</source>
            <translation>不会丢失任何内容。再次打开案件，将从停下的地方继续。</translation>
        </message>
        <message>
            <source>&amp;Stop and close</source>
            <translation>停止并关闭(&amp;S)</translation>
        </message>
        <message>
            <source>&amp;Keep running</source>
            <translation>继续运行(&amp;K)</translation>
        </message>
        <message>
            <source>Disposal of customer data</source>
            <translation>客户数据处置</translation>
        </message>
        <message>
            <source>&amp;Back</source>
            <translation>上一步(&amp;B)</translation>
        </message>
        <message>
            <source>&amp;Next</source>
            <translation>下一步(&amp;N)</translation>
        </message>
        <message>
            <source>&amp;Finish</source>
            <translation>完成(&amp;F)</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>关闭</translation>
        </message>
        <message>
            <source>中文</source>
            <translation>English</translation>
        </message>
        <message>
            <source>Steps</source>
            <translation>步骤</translation>
        </message>
        <message>
            <source>Check a certificate…</source>
            <translation>核验证明…</translation>
        </message>
    </context>
    <context>
        <name>Words</name>
        <message>
            <source>en</source>
            <translation>zh</translation>
        </message>
        <message>
            <source>Something unforeseen went wrong ({name}). What was done so far is in the journal. Close Lethe, open the case again and go on.</source>
            <translation>出现意外错误（{name}）。此前的操作均已记入日志。请关闭忘川，重新打开案件后继续。</translation>
        </message>
        <message>
            <source>, </source>
            <translation>、</translation>
        </message>
        <message>
            <source>; </source>
            <translation>；</translation>
        </message>
    </context>
    <context>
        <name>_NewFile</name>
        <message>
            <source>Save the key file as</source>
            <translation>密钥文件另存为</translation>
        </message>
    </context>
</TS>
