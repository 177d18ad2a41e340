"""Plans over keys that stores keep, signed by real people, and their shredding as the flow would ask for it."""

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.domain.case import Profile
from app.domain.event import Noted, Settled
from app.domain.fate import Fate, Ground
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Tier
from app.domain.step import Stage
from app.identity import sign_plan
from app.steps.shred import shred
from app.steps.shred.hunt import Grounds
from app.steps.shred.services.asking import inquire
from app.steps.shred.services.contract import Called

sys.path.insert(0, str(Path(__file__).parent))


@dataclass
class Counter:
    """A signed plan over keys of stores."""

    plan: object
    calls: dict
    secrets: dict
    stages: dict = field(default_factory=dict)
    noted: dict = field(default_factory=dict)
    grounds: Grounds = field(default_factory=Grounds)

    def events(self):
        return shred(
            self.plan,
            kinds=self.calls,
            stages=self.stages,
            passphrase=self.secrets.__getitem__,
            seed=b"\x07" * 32,
            noted=self.noted,
            grounds=self.grounds,
        )

    def stop_at(self, what):
        """Run until this note, then stop as a kill does; what was noted is what the journal would hold.

        Gives the id of the item of which it was noted.
        """
        events = self.events()
        for event in events:
            if isinstance(event, Noted):
                (item, *_) = event.ids
                self.noted[item], self.stages[item] = event.evidence, Stage.NOTED
                if event.what == what:
                    events.close()
                    return item
        raise AssertionError(what)

    def run(self):
        """Shred all and give what settled, in order."""
        return [event for event in self.events() if isinstance(event, Settled)]


@pytest.fixture
def counter(people):
    """Inquire of these sources as confirm does, and sign for them."""

    def make(*sources, secret="", given=None):
        keys = list(inquire(sources, key=b"\1" * 32, passphrase=lambda _: secret))
        items = tuple(
            PlanItem(
                key.id, Subject.KEY, key.path, Fate.SHRED, Ground.KEY, "key", "", Tier.CORE,
                "secret.key", 0, key.stamp, key.sha256,
            )
            for key in keys
        )  # fmt: skip
        plan = Plan("2026-001", "2026-11-21T20:00:00Z", "cn-1", Profile.STANDARD, items)
        signed = sign_plan(plan, people, "2026-11-21T20:00:00Z")
        calls = {key.id: Called(n, source) for n, (key, source) in enumerate(zip(keys, sources, strict=True))}
        return Counter(signed, calls, dict.fromkeys(calls, secret if given is None else given))

    return make


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An OpenBao of our own for the tests of one file."""
    from servers import bao

    with bao(tmp_path_factory.mktemp("bao")) as running:
        yield running


@pytest.fixture
def transit(server, request):
    """A key of the transit engine, something that it locked, and how it is declared."""
    from openbao_key import Transit

    name = f"customers-{time.monotonic_ns()}"
    server.client.secrets.transit.create_key(name, **getattr(request, "param", {}))
    return Transit(server, name)


@pytest.fixture
def before(server):
    """A relay that stands before the OpenBao, and answers by itself what it is told to."""
    from servers import relay

    with relay(server.url) as standing:
        yield standing


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    """A SoftHSM token for the tests of one file."""
    from pkcs11_token import token_in

    with token_in(tmp_path_factory.mktemp("hsm")) as made:
        yield made


@pytest.fixture
def label():
    """A name that no other test gives."""
    return f"crm-{time.monotonic_ns()}"
