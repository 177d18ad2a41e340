"""An agent that has the key open: it forgets this key and no other, and an empty list alone is no proof."""

import socket
import struct
import subprocess
import sys
import threading
from contextlib import closing, contextmanager, suppress

import key_stores as stores
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from key_stores import need

from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred.kinds import KINDS, open_keys, ssh_agent
from app.steps.shred.kinds.contract import described, store_over
from app.steps.shred.kinds.pairs import openssh_half

GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)
OURS = described(ed25519.Ed25519PrivateKey.generate())
LOCK, UNLOCK = 22, 23


def text(data):
    return struct.pack(">I", len(data)) + data


def listed(*blobs):
    return b"\x0c" + struct.pack(">I", len(blobs)) + b"".join(text(one) + text(b"name") for one in blobs)


@pytest.fixture
def agent(tmp_path, monkeypatch):
    """An agent of this test alone."""
    need("ssh-agent", "ssh-add", "ssh-keygen")
    where = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", where], stdout=subprocess.PIPE) as running:
        running.stdout.readline()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(where))
        yield where
        running.kill()


@pytest.fixture
def pair(tmp_path, agent):
    """Two keys in the agent, named as people name them."""
    keys = [tmp_path / name for name in ("ours", "other")]
    for key in keys:
        stores.do("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{key.name}@host", "-f", key)
        stores.do("ssh-add", "-q", key)
    return keys


def asked_agent():
    return subprocess.run(["ssh-add", "-l"], capture_output=True, text=True, timeout=60, check=False).stdout


def told_agent(where, number, word):
    with closing(socket.socket(socket.AF_UNIX)) as agent:
        agent.connect(str(where))
        agent.sendall(text(bytes([number]) + text(word)))
        return agent.recv(5)[4:]


def quiet(path="", keys=(OURS,)):
    return KINDS["pem"].quiet(str(path), keys)


def test_an_agent_forgets_the_key_and_keeps_others(planned, pair):
    settled = planned(stores.KeyStore("pem", pair[0], "")).run()["k-0"]
    assert settled.outcome in GOOD, settled
    assert "other@host" in asked_agent()
    assert asked_agent().count("ED25519") == 1


def test_a_key_that_openssh_locked_opens_with_its_passphrase(planned, pair, tmp_path):
    """As most keys of people are; with a wrong one it is said, and the verdict is no better."""
    for name, word, outcomes in (
        ("right", "a long word", GOOD),
        ("wrong", "no", (KeyOutcome.ACCESS_REMOVED,)),
    ):
        key = tmp_path / name
        stores.do("ssh-keygen", "-q", "-t", "ed25519", "-N", "a long word", "-a", "2", "-f", key)
        settled = planned(stores.KeyStore("pem", key), passphrases=[word]).run()["k-0"]
        assert settled.outcome in outcomes, settled
        assert (Reason.WRONG_PASSPHRASE in settled.evidence.limits) is (name == "wrong")
    assert asked_agent().count("ED25519") == 2


def test_the_public_half_beside_the_key_may_be_of_another(planned, pair):
    pair[0].with_suffix(".pub").write_bytes(pair[1].with_suffix(".pub").read_bytes())
    settled = planned(stores.KeyStore("pem", pair[0], "")).run()["k-0"]
    assert settled.outcome in GOOD, settled
    assert "other@host" in asked_agent()
    assert "ours@host" not in asked_agent()


def test_a_certificate_is_one_more_name_of_the_key(pair, tmp_path):
    stores.do("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", tmp_path / "key")
    stores.do("ssh-keygen", "-q", "-s", pair[1], "-I", "x", tmp_path / "key.pub")
    stores.do("ssh-add", "-q", tmp_path / "key")
    assert asked_agent().count("RSA") == 2
    keys = open_keys(KINDS["pem"], store_over((tmp_path / "key").read_bytes()), "")
    assert quiet(keys=keys)
    assert asked_agent().count("RSA") == 0
    assert asked_agent().count("ED25519") == 2


def test_a_locked_agent_looks_empty_and_is_not_believed(planned, pair, agent):
    assert told_agent(agent, LOCK, b"a word") == b"\6"
    assert "no identities" in asked_agent()
    settled = planned(stores.KeyStore("pem", pair[0], "")).run()["k-0"]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.OPEN_ELSEWHERE in settled.evidence.limits
    assert "C8=open" in dict(settled.evidence.facts)["conditions"]
    assert told_agent(agent, UNLOCK, b"a word") == b"\6"
    assert asked_agent().count("ED25519") == 2


def test_an_empty_agent_is_empty_and_stays_so(agent):
    assert quiet()
    assert "no identities" in asked_agent()


def test_a_key_that_did_not_open_may_be_any(pair):
    assert not quiet(keys=())
    assert asked_agent().count("ED25519") == 2


def test_an_agent_has_no_key_of_a_kind_it_does_not_know(pair):
    assert quiet(keys=(described(x25519.X25519PrivateKey.generate()),))


@contextmanager
def agent_that(says, where):
    """One that answers each message in turn; at an empty answer it hangs, at the last it ends."""
    done = threading.Event()

    def serve(listening):
        with closing(listening.accept()[0]) as one, suppress(BrokenPipeError):
            for answer in says:
                one.recv(4096)
                if not answer:
                    done.wait(30)
                one.sendall(answer)

    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(where))
        listening.listen()
        serving = threading.Thread(target=serve, args=(listening,))
        serving.start()
        yield
        done.set()
        serving.join(30)


OTHER = openssh_half(ed25519.Ed25519PrivateKey.generate())
MINE = openssh_half(OURS.secret)
NONE, BOTH = text(listed()), text(listed(OTHER, MINE))


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ([b""], False),
        ([], False),
        ([b"\0\0"], False),
        ([text(b"\5")], False),
        ([text(b"\x0c\0\0\0\1\0\0\0\7short")], False),
        ([struct.pack(">I", 1 << 30)], False),
        ([NONE, NONE], False),
        ([BOTH, text(b"\5"), BOTH], False),
        ([BOTH, text(b"\6"), text(listed(OTHER))], True),
    ],
    ids=[
        "hangs",
        "ends",
        "ends in the middle",
        "refuses",
        "is cut",
        "is too long",
        "is another's, and empty",
        "keeps",
        "forgets",
    ],
)
def test_only_an_agent_that_says_so_has_no_key(tmp_path, monkeypatch, says, told):
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    monkeypatch.setattr(ssh_agent, "_PATIENCE", 0.5 if says == [b""] else 60)
    with agent_that(says, tmp_path / "agent"):
        assert quiet() is told


def test_an_empty_list_tells_nothing_where_nobody_knows_whose_it_is(agent, monkeypatch):
    monkeypatch.delitem(ssh_agent._PEER, sys.platform)
    assert not quiet()


def test_an_agent_that_is_gone_has_no_key(tmp_path, monkeypatch):
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "gone"))
    assert quiet()
    with closing(socket.socket(socket.AF_UNIX)) as left:
        left.bind(str(tmp_path / "gone"))
    assert quiet()
