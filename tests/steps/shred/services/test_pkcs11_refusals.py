"""Tokens that refuse, lie or are not SoftHSM's, and keys that are hard to name or to try."""

import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest
from pkcs11_token import MODULE, drop, facts, source

from app.domain.case import ServiceKey
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred.services.asking import foreask, inquire

pkcs11 = pytest.importorskip("pkcs11")
GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)


PROXY = Path("/usr/lib/x86_64-linux-gnu/p11-kit-proxy.so")


# SoftHSM's own module, whose calls answer what the environment says instead.
SAYING = f"""
#include <dlfcn.h>
#include <stdlib.h>
typedef unsigned long RV;
struct list {{ unsigned char version[2]; void *calls[68]; }} all, *real;
static RV ok(void) {{ return 0; }}
static RV said(const char *name, int call, RV a, RV b, RV c, RV d) {{
    char *rv = getenv(name);
    return rv ? strtoul(rv, 0, 16) : ((RV (*)(RV, RV, RV, RV))real->calls[call])(a, b, c, d);
}}
static RV destroy(RV session, RV object) {{ return said("C_DestroyObject", 22, session, object, 0, 0); }}
static RV find(RV session, RV found, RV most, RV count) {{ return said("C_FindObjects", 27, session, found, most, count); }}
RV C_GetFunctionList(struct list **given) {{
    ((RV (*)(struct list **))dlsym(dlopen("{MODULE}", RTLD_NOW), "C_GetFunctionList"))(&real);
    all = *real;
    all.calls[0] = all.calls[1] = (void *)ok;
    all.calls[22] = (void *)destroy;
    all.calls[27] = (void *)find;
    *given = &all;
    return 0;
}}
"""


@pytest.fixture(scope="module")
def saying(tmp_path_factory):
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    folder = tmp_path_factory.mktemp("saying")
    (folder / "saying.c").write_text(SAYING)
    subprocess.run(
        ["gcc", "-w", "-shared", "-fPIC", "-o", folder / "saying.so", folder / "saying.c"],
        check=True,
        timeout=60,
    )
    return folder / "saying.so"


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """SoftHSM's configuration names another folder now: where the token's files are, nobody tells."""

    @contextlib.contextmanager
    def away():
        (tmp_path / "other.conf").write_text(f"directories.tokendir = {tmp_path}\n")
        with monkeypatch.context() as patch:
            patch.setenv("SOFTHSM2_CONF", str(tmp_path / "other.conf"))
            yield

    return away


def refusal(one, pin="1234"):
    """The fault with which a source is refused before anything is signed."""
    with pytest.raises(Refused) as refused:
        list(inquire([one], key=b"k" * 32, passphrase=lambda _: pin))
    return refused.value.fault


def test_a_key_that_only_wraps_others_has_no_canary_and_goes_all_the_same(token, label, counter):
    path = token.file_of(label, "aes-wraps")
    (settled,) = counter(source(label), secret="1234").run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.CANARY_FAILED in settled.evidence.limits
    assert facts(settled)["probes"] == "find=gone file=gone"
    assert not path.exists()
    assert not token.has(label)


def test_a_key_whose_cipher_takes_no_canary_goes_all_the_same(token, label, counter):
    token.make(label, "des3")
    (settled,) = counter(source(label), secret="1234").run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.CANARY_FAILED in settled.evidence.limits
    assert not token.has(label)


@pytest.mark.parametrize("kind", ["ec-agrees", "ec-asks"])
def test_a_private_half_that_signs_nothing_now_can_not_be_told_apart_and_is_refused(token, label, kind):
    """One is for key agreement alone; the other asks for the PIN before each signature."""
    token.make(label, kind)
    assert refusal(source(label)) is Fault.KEY_STORE_DENIED
    assert token.has(label)


def test_a_pair_without_an_id_is_known_by_its_label(token, label, counter):
    path = token.file_of(label, "ec-unnumbered")
    (settled,) = counter(source(label), secret="1234").run()
    assert settled.outcome in GOOD
    assert facts(settled)["probes"] == "find=gone file=gone canary=gone"
    assert not path.exists()


def test_a_key_is_found_by_its_id_alone(token, label, counter):
    token.make(label, "aes-wraps")
    (settled,) = counter(ServiceKey("pkcs11", "pkcs11:token=crm;id=%06", module=MODULE), secret="1234").run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert not token.has(label)


def test_a_name_that_says_neither_object_nor_id_is_no_key(token, label):
    token.make(label, "aes")
    assert refusal(ServiceKey("pkcs11", "pkcs11:token=crm", module=MODULE)) is Fault.KEY_NOT_IN_STORE
    assert token.has(label)


def test_a_token_that_somebody_signs_with_meanwhile_does_it_too(token, label, counter):
    token.make(label, "aes")
    bed = counter(source(label), secret="1234")
    with pkcs11.lib(str(MODULE)).get_token(token_label="crm").open(user_pin="1234"):
        (settled,) = bed.run()
    assert settled.outcome in GOOD
    assert not token.has(label)


def test_a_module_that_is_not_softhsms_has_its_word_and_its_backups(token, label, counter):
    """p11-kit hands the calls on, and says that it is another's."""
    if not PROXY.exists():
        pytest.skip("p11-kit is not installed")
    token.make(label, "aes")
    one = source(label, PROXY)
    assert foreask(one, "1234").calls == ("C_DestroyObject",)
    (settled,) = counter(one, secret="1234").run()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert {Reason.STORE_WORD, Reason.STORE_BACKUPS} <= set(settled.evidence.limits)
    assert facts(settled)["probes"] == "find=gone canary=gone"
    assert "sha256_read_back" not in facts(settled)
    assert not token.has(label)


def test_a_token_whose_files_are_not_found_is_only_its_word(token, label, counter, elsewhere):
    path = token.file_of(label, "aes")
    with elsewhere():
        (settled,) = counter(source(label), secret="1234").run()
    assert {Reason.STORE_WORD, Reason.UNKNOWN_MEDIUM} <= set(settled.evidence.limits)
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert not path.exists()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("0x101", Reason.DENIED),
        ("0xB5", Reason.DENIED),
        ("0xE2", Reason.DENIED),
        ("0x06", Reason.STORE_REFUSED),
    ],
)
def test_a_token_that_refuses_to_destroy_keeps_its_key(
    token, label, counter, saying, elsewhere, monkeypatch, code, reason
):
    """USER_NOT_LOGGED_IN, SESSION_READ_ONLY, TOKEN_WRITE_PROTECTED, FUNCTION_FAILED."""
    token.make(label, "aes")
    with elsewhere():
        bed = counter(source(label, saying), secret="1234")
        monkeypatch.setenv("C_DestroyObject", code)
        (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is reason
    assert token.has(label)


def test_a_token_that_only_says_so_is_found_out(token, label, counter, saying, elsewhere, monkeypatch):
    token.make(label, "aes")
    with elsewhere():
        bed = counter(source(label, saying), secret="1234")
        monkeypatch.setenv("C_DestroyObject", "0")
        (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert {Reason.OPEN_ELSEWHERE, Reason.STILL_OPENS} <= set(settled.evidence.limits)
    assert facts(settled)["stale_handle"] is True
    assert facts(settled)["probes"] == "find=there canary=there"
    assert token.has(label)


def test_a_token_that_was_pulled_out_is_said(token, label, saying, monkeypatch):
    token.make(label, "aes")
    monkeypatch.setenv("C_FindObjects", "0x32")
    assert refusal(source(label, saying)) is Fault.KEY_STORE_SILENT


def test_a_key_gone_between_the_canary_and_the_call_is_noted_as_unseen(token, label, counter):
    token.make(label, "aes")
    bed = counter(source(label), secret="1234")
    bed.stop_at("canary")
    drop(label)
    (settled,) = bed.run()
    assert facts(settled)["answer"] == "unseen"
    assert facts(settled)["probes"] == "find=gone file=gone canary=gone"


@pytest.mark.parametrize("after", ["signing", "canary"])
def test_a_second_key_of_the_name_is_not_destroyed_with_the_signed_one(token, label, counter, after):
    token.make(label, "aes")
    bed = counter(source(label), secret="1234")
    if after == "canary":
        bed.stop_at("canary")
    before = token.objects()
    token.make(label, "rsa")
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.REPLACED
    assert before.items() <= token.objects().items()
    drop(label)
