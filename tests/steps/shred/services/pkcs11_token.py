"""A SoftHSM token in a folder of its own, with keys that other processes make and ask for."""

import contextlib
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from servers import tool

from app.domain.case import ServiceKey

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")

MAKE = """
    import sys, pkcs11
    from pkcs11 import KeyType, Attribute, MechanismFlag
    module, label, kind = sys.argv[1:4]
    of_curves = {
        "ec": {"id": b"\\3"},
        "ec-unnumbered": {},
        "ec-agrees": {"id": b"\\4", "capabilities": MechanismFlag.DERIVE},
        "ec-asks": {"id": b"\\5", "private_template": {Attribute.ALWAYS_AUTHENTICATE: True}},
    }
    token = pkcs11.lib(module).get_token(token_label="crm")
    with token.open(rw=True, user_pin="1234") as session:
        if kind == "aes":
            session.generate_key(KeyType.AES, 256, label=label, store=True, id=b"\\1")
        elif kind == "aes-out":
            session.generate_key(KeyType.AES, 256, label=label, store=True, id=b"\\1",
                                 template={Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False})
        elif kind == "aes-wraps":
            session.generate_key(KeyType.AES, 256, label=label, store=True, id=b"\\6",
                                 capabilities=MechanismFlag.WRAP | MechanismFlag.UNWRAP)
        elif kind == "des3":
            session.generate_key(KeyType.DES3, label=label, store=True, id=b"\\7")
        elif kind == "rsa":
            session.generate_keypair(KeyType.RSA, 2048, label=label, store=True, id=b"\\2")
        else:
            parameters = session.create_domain_parameters(
                KeyType.EC, {Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters("secp256r1")}, local=True)
            parameters.generate_keypair(label=label, store=True, **of_curves[kind])
"""


class Token:
    """A token in a folder of its own. What is asked of it is asked by another process, as a stranger would."""

    def __init__(self, folder):
        self.folder = folder / "tokens"

    def make(self, label, kind):
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(MAKE), MODULE, label, kind], check=True, timeout=60
        )

    def has(self, label):
        """By SoftHSM's own tool chain: what its library shows to a new process."""
        code = (
            "import sys, pkcs11; s = pkcs11.lib(sys.argv[1]).get_token(token_label='crm').open(user_pin='1234');"
            "sys.exit(not any(o.label == sys.argv[2] for o in s.get_objects({pkcs11.Attribute.PRIVATE: True})))"
        )
        return (
            subprocess.run([sys.executable, "-c", code, MODULE, label], check=False, timeout=60).returncode
            == 0
        )

    def file_of(self, label, kind):
        """Make a key, and give the file that was made for it; of a pair that of the private half."""
        before = set(self.objects())
        self.make(label, kind)
        return max(set(self.objects()) - before, key=lambda path: path.stat().st_size)

    def objects(self):
        return {
            path: path.read_bytes() for path in self.folder.rglob("*.object") if path.name != "token.object"
        }


@contextlib.contextmanager
def token_in(folder):
    """Make a token, and let this process and its children see it alone."""
    pkcs11 = pytest.importorskip("pkcs11")
    if not MODULE.exists():
        pytest.skip("softhsm2 is not installed")
    util = tool("softhsm2-util")
    (folder / "tokens").mkdir()
    (folder / "c.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "c.conf"))
        subprocess.run(
            [util, "--init-token", "--free", "--label", "crm", "--pin", "1234", "--so-pin", "5678"],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        pkcs11.lib(str(MODULE)).reinitialize()
        yield Token(folder)
        pkcs11.lib(str(MODULE)).finalize()


def source(label, module=MODULE, **more):
    """A key of this label as the case declares it."""
    return ServiceKey("pkcs11", f"pkcs11:token=crm;object={label}", module=module, timeout=20, **more)


DROP = """
import sys, pkcs11
s = pkcs11.lib(sys.argv[1]).get_token(token_label='crm').open(rw=True, user_pin='1234')
for o in list(s.get_objects({pkcs11.Attribute.LABEL: sys.argv[2]})):
    if sys.argv[3] in ('all', o.object_class.name):
        o.destroy()
"""


def drop(label, which="all"):
    subprocess.run([sys.executable, "-c", DROP, MODULE, label, which], check=True, timeout=60)


def facts(settled):
    return dict(settled.evidence.facts)
