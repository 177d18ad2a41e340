"""Key stores made, opened and restored by their own tools, for the tests of the kinds."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.domain.case import KeySource
from app.steps.shred import inspect

PASSPHRASE = "open sesame"


def need(*tools):
    """Skip, saying so, where a store's own tool is not installed."""
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


def works(*command, **more):
    """Whether a tool ends well."""
    done = subprocess.run([str(one) for one in command], capture_output=True, timeout=60, check=False, **more)
    return done.returncode == 0


def do(*command, **more):
    """Run a tool that has to end well."""
    subprocess.run([str(one) for one in command], capture_output=True, timeout=60, check=True, **more)


@dataclass
class KeyStore:
    """One store: its key file, and what its own tool says of it."""

    kind: str
    path: Path
    passphrase: str = PASSPHRASE
    hidden: list = field(default_factory=list)

    def opens(self):
        raise NotImplementedError

    def hide(self):
        """Put a copy of the key beside it, as people do."""
        copy = self.path.with_name("zz-old-" + self.path.name[:8])
        shutil.copyfile(self.path, copy)
        self.hidden.append(copy)

    def restore(self):
        """Bring the key back from the hidden copy."""
        shutil.copyfile(self.hidden[0], self.path)


class Luks(KeyStore):
    version = "luks2"

    @classmethod
    def make(cls, folder, *, small=False):
        need("cryptsetup")
        path = folder / "vault.img"
        secret = folder / "secret"
        secret.write_text(PASSPHRASE)
        with path.open("wb") as file:
            file.truncate(2 << 20 if small else 20 << 20)
        cheap = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]
        sized = ["--luks2-keyslots-size", "512k", "--offset", "2048"] if small else []
        do("cryptsetup", "luksFormat", "-q", "--type", cls.version, *cheap, *sized, path, secret)
        second = folder / "second"
        second.write_text("another")
        if not small:
            do("cryptsetup", "luksAddKey", "-q", *cheap, "--key-file", secret, path, second)
        return cls("luks", path)

    def opens(self):
        return any(self.opens_with(one) for one in (PASSPHRASE, "another"))

    def opens_with(self, passphrase):
        return works(
            "cryptsetup", "open", "--test-passphrase", "--key-file", "-", self.path, input=passphrase.encode()
        )

    def hide(self):
        copy = self.path.with_name("header.bak")
        do("cryptsetup", "luksHeaderBackup", self.path, "--header-backup-file", copy)
        self.hidden.append(copy)

    def restore(self):
        do("cryptsetup", "luksHeaderRestore", "-q", self.path, "--header-backup-file", self.hidden[0])


class Luks1(Luks):
    version = "luks1"


class TrueCrypt(KeyStore):
    """tcplay writes TrueCrypt's format; VeraCrypt's own has other rounds, and is tested with vectors."""

    @classmethod
    def make(cls, folder):
        need("tcplay", "losetup")
        path = folder / "volume.tc"
        with path.open("wb") as file:
            file.truncate(1 << 20)
        made = cls("veracrypt", path)
        how = ["-c", "-a", "SHA512", "-b", "AES-256-XTS", "-z", "-w"]
        assert made.tcplay(*how, answers=[PASSPHRASE, PASSPHRASE, "y"])
        return made

    def opens(self):
        return any(self.tcplay("-i", *more, answers=[PASSPHRASE] * 3) for more in ([], ["--use-backup"]))

    def tcplay(self, *how, answers):
        """Run tcplay on a terminal, the only place where it takes a passphrase."""
        found = subprocess.run(
            ["losetup", "-f", "--show", self.path], capture_output=True, text=True, check=False
        )
        if found.returncode:
            pytest.skip("no loop devices here")
        device = found.stdout.strip()
        try:
            return _on_terminal(["tcplay", how[0], "-d", device, *how[1:]], list(answers))
        finally:
            do("losetup", "-d", device)


def _on_terminal(command, answers):
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                if not os.read(terminal, 4096):
                    break
            except OSError:
                break
        elif answers:
            os.write(terminal, answers.pop(0).encode() + b"\n")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


class Gocryptfs(KeyStore):
    @classmethod
    def make(cls, folder):
        need("gocryptfs", "gocryptfs-xray")
        secret = folder / "secret"
        secret.write_text(PASSPHRASE)
        vault = folder / "vault"
        vault.mkdir()
        do("gocryptfs", "-init", "-q", "-scryptn", "10", "-passfile", secret, vault)
        return cls("gocryptfs", vault / "gocryptfs.conf")

    def opens(self):
        return works("gocryptfs-xray", "-dumpmasterkey", self.path, input=PASSPHRASE.encode() + b"\n")


class Cryptomator(KeyStore):
    @classmethod
    def make(cls, folder):
        pytest.importorskip("pycryptomator")
        vault = folder / "vault"
        vault.mkdir()
        do(sys.executable, "-m", "pycryptomator", "--init", "--password", PASSPHRASE, vault)
        return cls("cryptomator", vault / "masterkey.cryptomator")

    def opens(self):
        return works(
            sys.executable, "-m", "pycryptomator", "--password", PASSPHRASE, self.path.parent, "ls", "/"
        )

    def hide(self):
        """The app leaves one of these at every unlocking."""
        copy = self.path.with_name("masterkey.cryptomator.0A1B2C3D.bkup")
        shutil.copyfile(self.path, copy)
        self.hidden.append(copy)


class Restic(KeyStore):
    @classmethod
    def make(cls, folder):
        need("restic")
        repository = folder / "repo"
        do("restic", "init", "-r", repository, env=cls.env())
        return cls("restic", next((repository / "keys").iterdir()))

    @staticmethod
    def env(passphrase=PASSPHRASE):
        return os.environ | {"RESTIC_PASSWORD": passphrase}

    def opens(self, passphrase=PASSPHRASE):
        repository = self.path.parent.parent
        return works("restic", "--no-cache", "-r", repository, "cat", "config", env=self.env(passphrase))

    def add(self, passphrase):
        """Give the repository another passphrase: another wrap of its one key."""
        known = set(self.path.parent.iterdir())
        new = self.path.parent.parent.parent / "new"
        new.write_text(passphrase)
        repository = self.path.parent.parent
        do("restic", "-r", repository, "key", "add", "--new-password-file", new, env=self.env())
        return (set(self.path.parent.iterdir()) - known).pop()


class Borg(KeyStore):
    mode = "repokey"

    @classmethod
    def make(cls, folder):
        need("borg")
        repository = folder / "repo"
        do("borg", "init", "-e", cls.mode, repository, env=cls.env(folder))
        return cls("borg", cls.key_of(folder, repository))

    @staticmethod
    def key_of(_, repository):
        return repository / "config"

    @staticmethod
    def env(folder):
        return os.environ | {"BORG_PASSPHRASE": PASSPHRASE, "BORG_BASE_DIR": str(folder / "base")}

    @property
    def folder(self):
        return self.path.parent.parent

    def opens(self):
        return works("borg", "info", self.folder / "repo", env=self.env(self.folder))

    def hide(self):
        copy = self.path.with_name("exported.txt")
        do("borg", "key", "export", self.folder / "repo", copy, env=self.env(self.folder))
        self.hidden.append(copy)
        shutil.copyfile(self.path, self.folder / "aside")

    def restore(self):
        shutil.copyfile(self.folder / "aside", self.path)


class BorgKeyFile(Borg):
    mode = "keyfile"

    @staticmethod
    def key_of(folder, _):
        return next((folder / "base/.config/borg/keys").iterdir())

    @property
    def folder(self):
        return self.path.parents[4]


class Jks(KeyStore):
    @classmethod
    def make(cls, folder):
        need("keytool")
        path = folder / "server.jks"
        do("keytool", "-genkeypair", "-storetype", "JKS", "-alias", "a", "-keyalg", "EC", "-dname", "CN=x", *cls.secret(path))  # fmt: skip
        return cls("jks", path)

    @staticmethod
    def secret(path):
        return ["-keystore", path, "-storepass", PASSPHRASE, "-keypass", PASSPHRASE]

    def opens(self):
        return works("keytool", "-certreq", "-alias", "a", *self.secret(self.path))


class SqlCipher(KeyStore):
    @classmethod
    def make(cls, folder):
        made = cls("sqlcipher", folder / "customers.db")
        with made.connected() as database:
            database.execute("create table t(a)")
            database.execute("insert into t values ('x')")
            database.commit()
        return made

    def connected(self):
        from contextlib import closing

        import sqlcipher3

        database = sqlcipher3.connect(str(self.path))
        database.execute(f"pragma key = '{PASSPHRASE}'")
        return closing(database)

    def opens(self):
        import sqlcipher3

        try:
            with self.connected() as database:
                return database.execute("select a from t").fetchone() == ("x",)
        except sqlcipher3.DatabaseError:
            return False


class Gnupg(KeyStore):
    """The subkey that decrypts; the primary key beside it only signs."""

    @classmethod
    def make(cls, folder):
        need("gpg", "gpgconf")
        home = folder / "h"
        home.mkdir(mode=0o700)
        made = cls("gnupg", home)
        assert made.gpg("--quick-gen-key", "a@example.org", "future-default", "default", "never")
        (folder / "text").write_text("a customer")
        assert made.gpg("-r", "a@example.org", "-o", folder / "sealed", "-e", folder / "text")
        made.path = made.secrets()["ssb"]
        return made

    @property
    def home(self):
        return self.path if self.path.name == "h" else self.path.parent.parent

    def gpg(self, *command, passphrase=PASSPHRASE, **more):
        loopback = ["--pinentry-mode", "loopback", "--passphrase", passphrase]
        return works("gpg", "--homedir", self.home, "--batch", "--yes", "-q", *loopback, *command, **more)

    def secrets(self):
        """The key file of the primary key (sec) and of the subkey (ssb)."""
        command = ["gpg", "--homedir", self.home, "--with-keygrip", "--with-colons", "-K"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found, kind = {}, ""
        for line in told.splitlines():
            fields = line.split(":")
            kind = fields[0] if fields[0] in ("sec", "ssb") else kind
            if fields[0] == "grp":
                found[kind] = self.home / "private-keys-v1.d" / f"{fields[9]}.key"
        return found

    def opens(self):
        # What the agent remembers of a passphrase must not answer for the key.
        do("gpgconf", "--homedir", self.home, "--kill", "gpg-agent")
        return self.gpg("-o", self.home.parent / "opened", "-d", self.home.parent / "sealed")

    def hide(self):
        copy = self.path.with_name("exported.gpg")
        assert self.gpg("-o", copy, "--export-secret-keys", "a@example.org")
        self.hidden.append(copy)
        shutil.copyfile(self.path, self.home.parent / "aside")

    def restore(self):
        shutil.copyfile(self.home.parent / "aside", self.path)


STORES = [Gnupg, Luks, Luks1, TrueCrypt, Gocryptfs, Cryptomator, Restic, Borg, BorgKeyFile, Jks, SqlCipher]
QUICK = [one for one in STORES if one not in (TrueCrypt, BorgKeyFile)]


def described(store, path=None, passphrase=None):
    source = KeySource(store.kind, path or store.path)
    given = PASSPHRASE if passphrase is None else passphrase
    return next(inspect([source], key=b"k", passphrase=lambda _: given))
