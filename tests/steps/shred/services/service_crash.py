"""Kills the destruction of keys in stores at random moments: SoftHSM and OpenBao, asked by strangers after.

The program that runs it must not have spoken to a token itself: everything that does is done in a
process of its own, so that each finds the library as a new program would.
"""

from __future__ import annotations

import base64
import os
import pickle
import random
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from shred_crash import DESTROYED, Report, killed, read, recorded

from app.domain.case import Profile, ServiceKey
from app.domain.event import Settled
from app.domain.fate import Fate, Ground
from app.domain.outcome import KeyOutcome, Reason
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Tier
from app.domain.step import Stage
from app.identity import sign_plan
from app.steps.shred import shred
from app.steps.shred.services.asking import inquire
from app.steps.shred.services.contract import Called
from app.system import loading

AT = "2026-11-21T20:00:00Z"
TEXT = b"a customer's row"


def apart(act):
    """What `act` gives, in a process of its own."""
    hear, tell = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(hear)
            with os.fdopen(tell, "wb") as file:
                pickle.dump(act(), file)
            code = 0
        except Exception:  # noqa: BLE001 it is told, and the code says so
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(tell)
    with os.fdopen(hear, "rb") as file:
        told = file.read()
    assert os.waitpid(child, 0)[1] == 0
    return pickle.loads(told)


@dataclass
class Token:
    """A SoftHSM token."""

    module: Path
    folder: Path
    pin: str = "1234"

    name = "softhsm"

    def __post_init__(self):
        (self._whole,) = self.folder.rglob("token.object")
        self._kept = self._whole.read_bytes()

    def mended(self):
        """Put the token's own file back where a kill within C_Login emptied it, as SoftHSM writes it in place.

        It then has no token any more, whoever was killed in logging in: no key of it was touched.
        """
        if self._whole.stat().st_size == len(self._kept):
            return False
        self._whole.write_bytes(self._kept)
        return True

    @property
    def secret(self):
        return self.pin

    def _session(self):
        import pkcs11

        return pkcs11.lib(str(self.module)).get_token(token_label="crm").open(rw=True, user_pin=self.pin)

    def make(self, label):
        """Make a key, lock a text with it, and give what knows it again."""

        def made():
            from pkcs11 import KeyType

            before = set(self._objects())
            with self._session() as session:
                key = session.generate_key(KeyType.AES, 256, label=label, store=True, id=label.encode())
                start = session.generate_random(128)
                locked = bytes(key.encrypt(TEXT, mechanism_param=start))
            (file,) = set(self._objects()) - before
            return bytes(start), locked, file

        start, locked, file = apart(made)
        return start, locked, os.open(file, os.O_RDONLY)

    def _objects(self):
        return [str(path) for path in self.folder.rglob("*.object") if path.name != "token.object"]

    def source(self, label):
        return ServiceKey("pkcs11", f"pkcs11:token=crm;object={label}", module=self.module, timeout=30)

    def opens(self, _, mark):
        """Whether any key of the token still opens the text."""
        start, locked, _ = mark

        def tried():
            import pkcs11

            with self._session() as session:
                # While a search goes on, nothing can be opened.
                for one in list(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY})):
                    try:
                        if bytes(one.decrypt(locked, mechanism_param=start)) == TEXT:
                            return True
                    except pkcs11.PKCS11Error:
                        continue
            return False

        return apart(tried)

    def false_word(self, settled, mark):
        """A verdict that says more of the bytes than is true of them."""
        left = any(os.pread(mark[2], 1 << 20, 0))
        os.close(mark[2])
        if left and settled.outcome in DESTROYED and Reason.STORE_WORD not in settled.evidence.limits:
            return "the bytes of its file stand"
        seen = "sha256_read_back" in dict(settled.evidence.facts)
        if settled.outcome is KeyOutcome.KEY_DESTROYED_HERE and not seen:
            return "nobody read it back"
        return ""


@dataclass
class Server:
    """An OpenBao server."""

    bao: object
    name = "openbao"

    def mended(self):
        return False

    @property
    def secret(self):
        return self.bao.root

    def make(self, label):
        engine = self.bao.client.secrets.transit
        engine.create_key(label)
        return engine.encrypt_data(label, base64.b64encode(TEXT).decode())["data"]["ciphertext"]

    def source(self, label):
        return ServiceKey("openbao", f"transit/keys/{label}", url=self.bao.url, timeout=30)

    def opens(self, label, mark):
        from hvac.exceptions import VaultError

        try:
            told = self.bao.client.secrets.transit.decrypt_data(label, mark)
        except VaultError:
            return False
        return base64.b64decode(told["data"]["plaintext"]) == TEXT

    def false_word(self, settled, _):
        better = settled.outcome in (KeyOutcome.CE_PURGE, KeyOutcome.KEY_DESTROYED_HERE)
        return "nobody sees the disk of a server" if better else ""


def signed(store, source, people):
    """A plan over one key, as confirm describes it."""
    (key,) = apart(lambda: list(inquire([source], key=b"k" * 32, passphrase=lambda _: store.secret)))
    item = PlanItem(
        "k-0", Subject.KEY, key.path, Fate.SHRED, Ground.KEY, "key", "", Tier.CORE, "secret.key", 0,
        key.stamp, key.sha256,
    )  # fmt: skip
    return sign_plan(Plan("2026-001", AT, "cn-1", Profile.STANDARD, (item,)), people, AT)


def acts(plan, source, store, stages, noted):
    """The shredding as the flow begins it."""
    return shred(
        plan, kinds={"k-0": Called(0, source)}, stages=stages, passphrase=lambda _: store.secret,
        seed=b"\x07" * 32, noted=noted,
    )  # fmt: skip


def campaign(kills, seed, store, people, folder, report):
    """Kill the destruction of one key after the other, resume each, and look before and after."""
    dice, takes = random.Random(seed), 0.0
    for number in range(-1, kills):
        label = f"{store.name}-{seed}-{number + 1}"
        mark, source = store.make(label), store.source(label)
        plan, journal = signed(store, source, people), folder / f"{label}.journal"
        journal.touch()

        def run(plan=plan, source=source, journal=journal):
            recorded(acts(plan, source, store, {}, {}), journal)

        if number < 0:
            began = time.monotonic()
            apart(run)
            takes = time.monotonic() - began
            continue
        killed(run, dice.uniform(0.02, 1.0) * takes)
        one(store, label, mark, plan, source, journal, report)


def one(store, label, mark, plan, source, journal, report):
    """Look at what a kill left, resume, and look again."""
    stages, noted, said = read(journal)
    if store.mended():
        report.killed_at[f"{store.name} itself lost its token"] += 1
    stage, opens = stages.get("k-0", Stage.FRESH), store.opens(label, mark)
    report.kills += 1
    report.killed_at[f"{store.name} {stage.value} {'opens' if opens else 'gone'}"] += 1
    if stage in (Stage.FRESH, Stage.BEGUN) and not opens:
        report.bad.append(f"{label}: gone before its canary was written down")
    if opens and said in DESTROYED:
        report.bad.append(f"{label}: said to be {said.value}, and it opens")

    def resumed():
        return [one for one in acts(plan, source, store, stages, noted) if isinstance(one, Settled)]

    settled = apart(resumed)
    if stage is Stage.SETTLED:
        if store.opens(label, mark):
            report.bad.append(f"{label}: settled, and it opens")
        return
    (ended,) = settled
    if store.opens(label, mark):
        report.bad.append(f"{label}: opens after it was resumed from {stage.value}")
    if ended.outcome is KeyOutcome.FAILED:
        report.bad.append(f"{label}: resumed from {stage.value} and failed: {ended.evidence.limits}")
    if why := store.false_word(ended, mark):
        report.bad.append(f"{label}: {ended.outcome.value} after {stage.value}, though {why}")


def known(module):
    """Take a module for one that loads, so that no trial of it stands in the way of the kills."""
    loading._KNOWN.add(str(module))


__all__ = ["Report", "Server", "Token", "campaign", "known"]
