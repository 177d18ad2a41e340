"""Names and addresses of people: what may be one, once a label or the head of a column says so.

Never told by itself: in running text every second word begins with a character that is also a surname.
Names in other letters and addresses abroad are not told.
"""

from __future__ import annotations

import re
from typing import Final

from app.steps.locate import grade

_ONE: Final = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦"
    "昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹"
    "姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐"
    "邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁"
    "荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武"
    "符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉"
    "宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘"
    "匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺"
    "权逯盖益桓公肖闫付代涂覃佟岳苟仝占原官来练揭邸展楼鹿苑隋裔税阳初丛亓晋楚闾法汝鄢趙錢孫吳鄭馮陳衛蔣韓"
    "楊許呂張嚴華謝鄒竇雲蘇範魯韋馬鳳費賀湯羅畢鄔樂時齊顧黃蕭貝計談龐紀項閔賈婁顏鍾駱盧經應單龔陸榮劉葉龍"
    "兰麦牟迟丘粟冼佘尧敬辜区亢矫青檀巨芦邝谌帅仉眭雒弋旷卿漆禤蘭麥遲堯區矯鄺諶帥曠蘆"
    "賴喬陰聞黨譚貢勞農溫莊閻連習國廣東歐師鞏聶簡饒關紅遊權蓋嶽陽萬鄧諸寧厲車儲烏祿闕豐養須後"
)
_TWO: Final = frozenset(
    word
    for line in (
        "万俟 司马 上官 欧阳 夏侯 诸葛 闻人 东方 赫连 皇甫 尉迟 公羊 澹台 公冶 宗政",
        "濮阳 淳于 单于 太叔 申屠 公孙 仲孙 轩辕 令狐 钟离 宇文 长孙 慕容 鲜于 闾丘",
        "司徒 司空 端木 南宫 呼延 独孤 拓跋 西门 东郭 百里 第五 司馬 歐陽 諸葛 聞人",
        "東方 赫連 尉遲 濮陽 公孫 仲孫 軒轅 鍾離 長孫 鮮于 閭丘 南宮 獨孤 西門 東郭",
    )
    for word in line.split()
)
_WORDS: Final = frozenset(
    word
    for line in (
        "单位 单号 单价 单据 时间 时长 时段 时限 金额 金融 班级 班次 班组 年龄 年级",
        "方式 方向 方法 类别 别名 支付 支行 余额 余款 项目 连接 明细 明天 程序 程度",
        "计划 计数 计算 路径 高级 安全 安装 安排 经理 经办 经办人 经营 经度 管理 管理员",
        "向上 关系 关键 关联 关闭 万元 白色 黄色 红色 应收 应付 应当 应用 和平 成本",
        "成员 成功 成交 成绩 成立 水费 水电 房屋 房产 房号 房间 车辆 车牌 车牌号 车型",
        "车主 车架号 强制 平台 平均 平方 公司 公里 公斤 公开 公章 公安 全部 全国 全称",
        "全名 全额 全体 储蓄 储存 费用 费率 费别 于是 元旦 左右 边界 常用 常住 温度",
        "盛放 包括 包装 广告 广州 广东 空调 空白 空间 解释 解除 解决 宗旨 宗教 司机",
        "司法 通知 通知书 通讯 通信 通过 通用 查询 查看 查找 景区 党员 党派 党支部 宫保",
        "简称 简介 简历 简体 游客 游戏 权限 权利 权重 农业 农村 农行 别称 容量 终止",
        "终端 师傅 习惯 古代 易用 关于 文件 文化 文字 文本 文档 国家 国籍 国别 国际",
        "东西 步骤 都是 满意 满意度 利率 利息 利润 后台 后续 相关 相同 相片 相应 原因",
        "原件 原始 原价 原则 官网 官方 来源 来电 来访 来自 代码 代号 代理 代理人 付款",
        "付款人 付费 法人 法定 法院 税号 税额 税率 税务 展示 石油 干部 康复 任务 任职",
        "任意 任何 何时 何处 何人 许可 许可证 施工 华人 严重 严格 章节 云端 昌平 花费",
        "花名 方案 方面 雷达 安徽 乐园 毕业 平安 平时 和谐 明确 计费 计量 成人 成年",
        "路线 江苏 江西 高级别 高度 高校 田地 管道 管辖 支出 支持 支票 经验 经济 经手",
        "经手人 解答 单元 单独 包含 包裹 左侧 石材 程式 段落 山东 山西 谷歌 车间 车位",
        "车次 全员 全职 全套 全年 秋季 宁夏 武汉 白天 印章 从事 从业 从属 籍贯 蒙古",
        "能力 能够 双方 双人 申请 申请人 申报 申诉 桂林 通道 边缘 尚未 向导 别墅 连续",
        "容器 居民 居住 居住证 居住地 居委会 衡量 步行 都有 满足 国产 国内 广西 东莞",
        "利用 师资 简单 空格 曾用 曾用名 沙发 须知 关注 相对 查无 后面 红包 游览 益处",
        "公布 公告 公共 公众 代表 代收 占比 占用 原文 官员 来往 阳光 初始 初次 法规",
        "家庭 家属 家长 家装 封面 井号 段位 富裕 焦点 山区 侯任 怀孕 习题 万能 管控",
        "高铁 高中 和解 余下 伏特 戴尔 强度 路由 童装 盛大 林业 徐州 凌晨 方便 金卡",
        "金牌 银行 时候 常见 常规 康养 平衡 黄金 穆斯林 明示 宋体 项次 梁山 席位 季度",
        "贾汪 江湖 郭外 梅花 钟表 夏天 蔡甸 田间 胡同 万一 金額 時間 單位 年齡 費用",
        "應收 應付 項目 餘額 單價 經辦 經理 車輛 車牌 關係 許可 廣告 國籍 來源 後續",
        "終端 兰州 兰花 麦克 麦克风 麦田 麦当劳 迟到 迟早 丘陵 敬请 敬启 敬上 敬爱 区域 区号",
        "区县 区别 区间 区块 区块链 區域 區號 區別 青岛 青海 青年 青春 青少年 檀香 巨大 巨额 巨型",
        "芦苇 帅哥 旷工 旷课 漆器 矫正",
    )
    for word in line.split()
)
"""Words of forms that begin with a surname."""
_NOBODY: Final = frozenset(
    word
    for line in (
        "合计 总计 小计 共计 累计 合計 總計 小計 备注 備註 说明 說明 注释 未知 不详 不詳 无名 無名",
        "匿名 匿名用户 待定 待补 待补充 待确认 测试 测试用户 測試 空缺 缺失 暂无 暫無 没有 沒有 保密",
        "其他 其它 其余 同上 同前 如上 注销 已注销 作废 離職 离职 已离职 在职 退休 姓名 名字 用户 用戶 客户",
        "客戶 会员 會員 员工 員工 职工 学生 學生 先生 女士 小姐 男 女 男性 女性 部门 部門 制表 制表人",
        "审核 審核 审核人 填表 填表人 填报人 负责人 負責人 日期 签名 簽名 签字 盖章 审批 本人 父亲 母亲",
        "资料 資料 名单 名單 名册 列表 清单 信息 登记 汇总 统计 数据 档案 通讯录 花名册",
        "配偶 子女 儿子 女儿 号码 必填 选填 示例 样例 以下空白 以上 以下 续表 第一页 下一页",
    )
    for word in line.split()
)
"""What stands among the names of a list and is none."""
_OF_MANY: Final = re.compile(
    "(?:公司|中心|资料|資料|名单|名單|信息|[部科处處室組组队隊厂廠店站局院校班级級岗崗计計表册冊录錄单單])$"
)
"""How a part of a company ends, or a title, as it stands above the names of people."""
_OF_NAMES: Final = re.compile(r"(?:姓名|名字|\b(?:full|real|true)[ _]?name)\W*$", re.IGNORECASE)
"""The end of a head under which nothing but names is written."""
_OF_OTHERS: Final = re.compile(
    "商户|商戶|店|产品|產品|商品|物品|文件|档案|項目|项目|公司|企业|企業|单位|單位|品牌|课程|课|学校|开户行|银行|銀行"
    "|\\b(?:file|product|item|shop|store|company|bank|host|table|column|project|event|class|brand)\\b",
    re.IGNORECASE,
)
"""In the head of a column: the names in it are not people's."""
_HAN: Final = (
    rb"(?:[\xe4-\xe9][\x80-\xbf][\x80-\xbf]|\xe3[\x90-\xbf][\x80-\xbf]|\xf0[\xa0-\xb1][\x80-\xbf]{2})"
)
_SPACE: Final = rb"(?: |\xe3\x80\x80|\xc2\xa0)"
_DOT: Final = rb"(?:\xc2\xb7|\xe2\x80\xa2|\xe3\x83\xbb|\xef\xbc\x8e)"
_JOINED: Final = re.compile("[·•・.]")
NAME: Final = b"".join(
    (
        *(_HAN, rb"{1,12}(?:", _DOT, _HAN, rb"{1,12}){1,3}|"),
        *(_HAN, rb"(?:", _SPACE, rb"{1,4}", _HAN, rb"|", _HAN, rb"{1,3})"),
    )
)
"""Two to four characters, two of them drawn apart to the width of three, or parts joined by a dot."""
NAME_END: Final = rb"(?!" + _HAN + rb"|" + _DOT + rb"|[0-9A-Za-z])"
GAP: Final = (
    r"(?:[\s\"'=:>\[(]|：|＝|】|“|为|為|是|\",\s*\"[A-Za-z_]{1,12}\"\s*:|</?[A-Za-z][^<>\n]{0,60}>){0,12}?"
).encode()
"""No comma, as one stands between heads, but the one before the value of a name in JSON."""
_NEXT: Final = (
    "电话|手机|联系|邮编|邮箱|姓名|身份|收件|收货|备注|性别|微信|开户|账号|電話|手機|聯|郵|賬號".encode()
)
"""What ends an address: the label of the next thing."""
ADDRESS: Final = b"".join(
    (
        *(_HAN, rb"(?:(?!", _NEXT, rb"|[0-9]{11})"),
        *(rb"(?:", _HAN, rb"|[0-9A-Za-z#()\-]|\xef\xbc[\x83\x88-\x89\x8d\x90-\x99]|", _SPACE, rb")){4,90}"),
    )
)
ADDRESS_CELL: Final = _HAN + rb"[^\n]{4,180}?"
_PARTS: Final = (
    re.compile("省|自治区|自治區|特别行政区|特別行政區"),
    re.compile("市|州|盟|地区|地區"),
    re.compile("区|區|县|縣|旗"),
    re.compile("镇|鎮|乡|鄉|街道"),
    re.compile(
        "路|街|大道|道|巷|胡同|弄|村|里|庄|屯|社区|社區|小区|小區|花园|花園|苑|新城|公寓|家园|广场|廣場|大厦|大廈|园"
    ),
    re.compile(
        "(?:[0-9一二三四五六七八九十百]+|[甲乙丙丁A-Za-z][0-9]*)"
        "(?:号|號|弄|栋|棟|幢|座|组|組|队|隊|室|楼|樓|层|層|单元|單元|户|戶|房)"
    ),
)
"""From the largest to the smallest."""
_PARTS_LEAST: Final = 2
"""Parts that an address must name, in this order."""
_STREET: Final = 4


def of_people(header: str) -> bool:
    """Whether the names under a head may be people's."""
    return _OF_OTHERS.search(header) is None


def weigh_name(value: str) -> int | None:
    """Tell what speaks for a name besides its label: the surname. None when it is none.

    Of a value in form NFKC, in which a wide full stop is a narrow one.
    """
    if _JOINED.search(value):
        return grade.PREFIX
    if value in _WORDS:
        return None
    double = value[:2] in _TWO
    if double and 3 <= len(value) <= 4:
        return grade.PREFIX
    return grade.PREFIX if value[0] in _ONE and len(value) in (2, 3) else None


def weigh_name_in_list(value: str) -> int | None:
    """Tell what speaks for a name in a list of names: there a rare surname, or two of them, is one too.

    Four characters without a surname are a title or an office.
    """
    why = weigh_name(value)
    if why is not None or value in _WORDS or value in _NOBODY:
        return why
    if len(value) > 3:
        return 0 if value[0] in _ONE and value[1] in _ONE else None
    return None if len(value) > 2 and _OF_MANY.search(value) else 0


def of_names(header: str) -> bool:
    """Whether nothing but names of people is written under a head."""
    return of_people(header) and _OF_NAMES.search(header) is not None


def weigh_address(value: str) -> int | None:
    """Tell what speaks for an address besides its label: its parts, in order.

    None with fewer than two, or where none is as small as a street.
    """
    at, met = 0, []
    for place, part in enumerate(_PARTS):
        m = part.search(value, at)
        if m:
            at = m.end()
            met.append(place)
    if len(met) < _PARTS_LEAST or met[-1] < _STREET:
        return None
    return grade.REGION if len(met) > _PARTS_LEAST else 0
