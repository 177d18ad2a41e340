"""Every kind of identifier by its published vectors, each way it is written, and what only looks like it."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.steps.locate import engine as engines
from app.steps.locate import grade, papers
from app.steps.locate.passage import Passage
from app.steps.locate.sight import Sighting, sightings

TODAY = date(2026, 11, 22)
ZONE = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"


def found(text: str, header: str = "", *, raw: bool = False) -> list[Sighting]:
    passage = Passage(text.encode(), header, column=bool(header), raw=raw)
    return sightings(passage, engines.best_engine(""), TODAY)


def kinds(text: str, header: str = "", floor: float = grade.FOUND) -> dict[str, str]:
    return {s.kind: s.value for s in found(text, header) if grade.confidence(s.kind, s.why) >= floor}


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (papers.hong_kong, "A1234563"),
        (papers.hong_kong, "AB9876543"),
        (papers.taiwan, "A123456789"),
        (papers.organisation, "M000100Y4"),
        (papers.registration, "110108000000016"),
        (papers.vehicle, "1M8GDM9AXKP042788"),
        (papers.device, "490154203237518"),
        (papers.readable_zone, ZONE),
    ],
)
def test_published_vectors_hold_and_no_digit_may_differ(check, right):
    assert check(right)
    digits = [at for at, c in enumerate(right) if c.isdigit()]
    digits = digits[:20] if check is papers.readable_zone else digits
    for at in digits:
        if check is papers.readable_zone and 10 <= at <= 12:
            continue
        wrong = right[:at] + str((int(right[at]) + 1) % 10) + right[at + 1 :]
        assert not check(wrong), wrong


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=8))
def test_every_organisation_code_has_one_check_character(first):
    passing = [c for c in "0123456789X" if papers.organisation(first + c)]
    assert passing == [papers.org_check(first)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("身份证：110101800307461", "cn.id15", "110101800307461"),
        ("护照号码：E12345678", "cn.passport", "E12345678"),
        ("姓名：张三 性别 男", "name", "张三"),
        ("联系人欧阳修（家属）", "name", "欧阳修"),
        ("<td>姓名</td><td>李　四</td>", "name", "李四"),
        ("客户姓名:阿依古丽·买买提，男", "name", "阿依古丽·买买提"),
        ("戶名：陳大文", "name", "陳大文"),
        ("姓名：阿卜杜拉．买买提", "name", "阿卜杜拉.买买提"),
        ("姓名：兰小花 性别 女", "name", "兰小花"),
        ('{"name": "王小明"}', "name", "王小明"),
        ("地址：上海市浦东新区世纪大道１００号3栋501室，近地铁", "address", "上海市浦东新区世纪大道100号3栋501室"),
        ("住址 北京市朝阳区 建国路88号 邮编 100020", "address", "北京市朝阳区建国路88号"),
        ("收貨地址：台北市大安區忠孝東路四段1號5樓", "address", "台北市大安區忠孝東路四段1號5樓"),
        ("护照G12345678到期", "cn.passport", "G12345678"),
        ("Passport No. EA1234567", "cn.passport", "EA1234567"),
        ("护照 DE1234567", "cn.passport", "DE1234567"),
        ("P<UTOERIKSSON<<ANNA\n" + ZONE, "cn.passport", "L898902C3"),
        ("往来港澳通行证 C12345678", "cn.hkmo_permit", "C12345678"),
        ("往来港澳通行证 CA1234567", "cn.hkmo_permit", "CA1234567"),
        ("港澳通行证W12345678", "cn.hkmo_permit", "W12345678"),
        ("回乡证号：H1234567800", "cn.hkmo_permit", "H1234567800"),
        ("回乡证 M12345678", "cn.hkmo_permit", "M12345678"),
        ("往来台湾通行证 L12345678", "cn.tw_permit", "L12345678"),
        ("大陆通行证：T12345678", "cn.tw_permit", "T12345678"),
        ("台胞证：12345678", "cn.tw_permit", "12345678"),
        ("台胞证号 1234567801", "cn.tw_permit", "1234567801"),
        ("A123456(3)", "hk.id", "A1234563"),
        ("香港身份证 AB987654(3)", "hk.id", "AB9876543"),
        ("澳门身份证号 1234567(8)", "mo.id", "12345678"),
        ("澳门身份证 5/123456/7", "mo.id", "51234567"),
        ("身分證字號 A123456789", "tw.id", "A123456789"),
        ("永久居留证件号 USA110080010101", "cn.permanent_resident", "USA110080010101"),
        ("军官证：南字第0123456号", "cn.military", "南字第0123456"),
        ("持海字第1234567号", "cn.military", "海字第1234567"),
        ("社保号：123456789012", "cn.social", "123456789012"),
        ("公积金账号：A12345678", "cn.social", "A12345678"),
        ("驾驶证档案编号 110012345678", "cn.driver", "110012345678"),
        ("010-12345678", "cn.landline", "01012345678"),
        ("(0755)83012345", "cn.landline", "075583012345"),
        ("电话：075583012345", "cn.landline", "075583012345"),
        ("+86-21-61234567", "cn.landline", "02161234567"),
        ("微信：zhang_san88", "wechat", "zhang_san88"),
        ("微信号: zs19900307", "wechat", "zs19900307"),
        ("wxid_a1b2c3d4e5f6g7", "wechat", "wxid_a1b2c3d4e5f6g7"),
        ("openid: oABCDabcd1234-_ABCDabcd12345", "wechat", "oABCDabcd1234-_ABCDabcd12345"),
        ("QQ：123456789", "qq", "123456789"),
        ("qq号码 10001", "qq", "10001"),
        ('{"ip": "114.114.114.114"}', "ip", "114.114.114.114"),
        ("IP地址：2408:8207::1", "ip", "2408:8207::1"),
        ('114.114.114.114 - - [10/Oct/2025:13:55:36 +0800] "GET / HTTP/1.1"', "ip", "114.114.114.114"),
        ("error ... client: 114.114.114.114, server", "ip", "114.114.114.114"),
        ("MAC地址：AC:DE:48:00:11:22", "mac", "ACDE48001122"),
        ("imei=490154203237518", "imei", "490154203237518"),
        ("IMEI 490154203237519", "imei", "490154203237519"),
        ("imsi: 460001234567890", "device.id", "460001234567890"),
        ("oaid: 550e8400-e29b-41d4-a716-446655440000", "device.id", "550E8400-E29B-41D4-A716-446655440000"),
        ("车架号：1M8GDM9AXKP042788", "vin", "1M8GDM9AXKP042788"),
        ("VIN LSVAA49J132047371", "vin", "LSVAA49J132047371"),
        ("坐标 31.2304,121.4737", "gps", "121.4737"),
        ('{"lat": 31.2304, "lng": 121.4737}', "gps", "121.4737"),
        ("组织机构代码：M000100Y-4", "cn.org", "M000100Y4"),
        ("注册号 110108000000016", "cn.org", "110108000000016"),
        ("密码：Abc12345", "secret.password", "Abc12345"),
        ("password = 'hunter2!'", "secret.password", "hunter2!"),
        ("mysql://root:S3cret!pw@10.0.0.5/db", "secret.password", "S3cret!pw"),
        ("zs,$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", "secret.password",
         "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"),
        ("key AKIAIOSFODNN7EXAMPLE", "secret.key", "AKIAIOSFODNN7EXAMPLE"),
        ("LTAI4FoLmvQ9urWXgSRpDvh1", "secret.key", "LTAI4FoLmvQ9urWXgSRpDvh1"),
        ("token ghp_0123456789abcdefghijABCDEFGHIJ012345", "secret.key", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
    ],
)  # fmt: skip
def test_each_kind_as_it_is_written(text, kind, value):
    assert kinds(text) == {kind: value}


@pytest.mark.parametrize(
    ("header", "cell", "kind"),
    [
        ("姓名", "司马懿", "name"),
        ("客户名称", "张伟", "name"),
        ("姓名", "阿卜杜拉．买买提", "name"),
        ("姓名", "王张小明", "name"),
        ("员工姓名：", "䶮小明", "name"),
        ("real_name", "粟裕", "name"),
        ("name", "王小明", "name"),
        ("收货地址", "浙江省杭州市西湖区文三路478号", "address"),
        ("护照号", "E12345678", "cn.passport"),
        ("证件号码", "C12345678", "cn.hkmo_permit"),
        ("证件号码", "E12345678", "cn.passport"),
        ("身份证号", "A123456789", "tw.id"),
        ("台胞证", "12345678", "cn.tw_permit"),
        ("微信号", "zhangsan", "wechat"),
        ("QQ", "12345", "qq"),
        ("login_ip", "114.114.114.114", "ip"),
        ("mac", "ac-de-48-00-11-22", "mac"),
        ("IMEI", "490154203237519", "imei"),
        ("经度", "121.473700", "gps"),
        ("password", "letmein", "secret.password"),
        ("用户密码", "e10adc3949ba59abbe56e057f20f883e", "secret.password"),
        ("社保号", "123456789", "cn.social"),
        ("组织机构代码", "M000100Y4", "cn.org"),
        ("车架号", "LSVAA49J132047371", "vin"),
        ("联系电话", "0755-83012345", "cn.landline"),
    ],
)
def test_a_column_is_named_by_its_head(header, cell, kind):
    (one,) = found(f"{cell}\n{cell}", header)[:1]
    assert one.kind == kind
    assert "header" in grade.names(one.why)
    assert grade.confidence(one.kind, one.why) >= grade.FOUND


@pytest.mark.parametrize(
    "text",
    [
        "E12345678 C12345678 L12345678 A123456789 USA110080010101",  # nothing names them
        "A123456(4)",
        "订单 E12345678",
        "12345678",
        "110101800307461",
        "490154203237518",
        "版本 1.2.3.4",
        '192.168.1.8 - - [10/Oct/2025:13:55:36 +0800] "GET /"',
        "IP：127.0.0.1",
        "https://example.com:8443/a@b",
        "password: str",
        "password: null",
        "password = os.environ['DB']",
        "密码请联系管理员",
        "密码：********",
        "const password = form.password.value;",
        "微信支付 WeChat Pay official",
        "QQ群很多",
        "12.5000, 13.2000",
        "-79.3832,43.6532",
        "1.0000,1.0001",
        "LSVAA49J132047372",  # a digit differs, and nothing names it
        "L898902C36UTO7408123F1204159",
        "文件010-20231121",
        "sk-learn and sk-image",
        "合同字第2023号",
        "AC:DE:48:00:11:22",
        "0.126438766361007137",
        "202104033015134058",  # passes the check of a social credit code, and begins with a day
        "姓名,单位,金额,时间",
        "姓名 单位 年龄",
        "联系人应当按照规定",
        "户名：北京某某科技有限公司",
        "张三去了上海市浦东新区世纪大道100号",  # nothing names either
        "地址：另行通知",
        "联系人兰州分公司",
        "姓名：区域经理",
        "邮箱地址 见下表",
        "电子地址：本市内各区均可",
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_what_is_none(text):
    assert kinds(text) == {}


def test_a_checksum_that_fails_is_told_and_no_filter():
    for text, kind in (
        ("香港身份证 A123456(4)", "hk.id"),
        ("IMEI 490154203237519", "imei"),
        ("机构代码 M000100Y-5", "cn.org"),
        ("车架号 LSVAA49J132047372", "vin"),
        ("身分證字號 A123456788", "tw.id"),
    ):
        (one,) = found(text)
        assert one.kind == kind
        assert "checksum" not in grade.names(one.why)
        assert "context" in grade.names(one.why)
        assert grade.confidence(kind, one.why) >= grade.FLOOR


def test_a_paper_of_a_table_in_a_document_is_kept_to_be_looked_at():
    table = "姓名\n护照号\n" + "说明很多。" * 200 + "\n张三\nE12345678\n"
    assert kinds(table) == {}
    assert kinds(table, floor=grade.FLOOR) == {"cn.passport": "E12345678"}
    assert kinds(table + "13812345678\n") == {"cn.passport": "E12345678", "cn.mobile": "13812345678"}


def test_one_span_is_one_kind():
    assert kinds("微信：13812345678") == {"cn.mobile": "13812345678"}
    assert kinds("社保号 110101199003074610") == {"cn.id": "110101199003074610"}
    assert kinds("密码：13812345678") == {"cn.mobile": "13812345678"}
    assert kinds("E12345678\n110101199003074610", "证件号码") == {
        "cn.passport": "E12345678",
        "cn.id": "110101199003074610",
    }


def test_whom_the_case_looks_for_takes_no_span_from_a_kind():
    text = Passage("姓名：王小明，手机 13812345678".encode())
    seen = {s.kind for s in sightings(text, engines.best_engine("王小明"), TODAY)}
    assert seen == {"name", "cn.mobile", "custom.subject"}


def test_a_cell_is_not_named_by_the_cell_before():
    assert kinds("QQ\n123456789", "备注") == {}


def test_words_in_a_program_are_no_passwords():
    code = "enter password: Qwerty123 \0"
    assert {s.kind for s in found(code, raw=True)} == set()


def test_each_line_of_a_log_names_its_visitor():
    lines = [f'114.114.{n}.1 - - [10/Oct/2025:13:55:36 +0800] "GET /{n} HTTP/1.1" 200' for n in range(200)]
    assert {s.value for s in found("\n".join(lines))} == {f"114.114.{n}.1" for n in range(200)}


@pytest.mark.parametrize(
    "piece",
    ["[10/Oct/2025:", "a@", "E12345678", "0123456789abcdef" * 4, "password='", "QQ::::", "微信<a><b>"],
)
def test_nothing_takes_more_than_its_share_of_time(piece):
    began = time.process_time()
    found(piece * (100_000 // len(piece)))
    once = time.process_time() - began
    began = time.process_time()
    found(piece * (400_000 // len(piece)))
    assert time.process_time() - began < 12 * once + 1, "four times the text takes about four times as long"


def test_names_in_a_column_of_something_else_are_doubtful():
    cells = "高级套餐\n标准套餐\n会员月卡\n礼品\n张三\n配送费\n安装调试费\n换货"
    (one,) = found(cells, "name")
    assert (one.kind, one.value) == ("name", "张三")
    assert grade.FLOOR <= grade.confidence(one.kind, one.why) < grade.FOUND
    sparse = "\n".join(["张三", "李四", *[" "] * 6, "王小明", *[""] * 20])
    assert [one.value for one in found(sparse, "联系人")] == ["张三", "李四", "王小明"]
    assert set(kinds(sparse, "联系人")) == {"name"}, "what is left empty says nothing"
    listed = "客户资料\n员工名册\n财务部\n高级经理\n张三\n䶮小明\n小计\n未知\n程序"
    assert [one.value for one in found(listed, "姓名")] == ["张三", "䶮小明"]
    assert [one.value for one in found(listed, "联系人")] == ["张三"]
    assert found("䶮小明\n丌官明", "商品姓名") == []
    assert found("张三\n李四", "商品名称") == found("张三\n李四", "file name") == []
