"""Two people who sign, a server that speaks S3, and a btrfs volume."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from app.domain.case import Role
from app.identity import Identity, create


@pytest.fixture(scope="session")
def signers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Identity, Identity]:
    folder = tmp_path_factory.mktemp("signers")
    return (
        create("林晓文", Role.OFFICER, folder / "officer.p12", "a passphrase"),
        create("周建国", Role.WITNESS, folder / "witness.p12", "another one"),
    )


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A server that speaks S3, on a free port of this computer."""
    boto3 = pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        host, port = running.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        # What it was given by a test before is not ours.
        urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
        yield boto3.client("s3")
    finally:
        running.stop()


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """A btrfs volume in a file of our own."""
    if os.geteuid() != 0 or not shutil.which("mkfs.btrfs"):
        pytest.skip("a btrfs volume needs root and btrfs-progs")
    image, place = tmp_path / "image", tmp_path / "volume"
    with image.open("wb") as file:
        file.truncate(256 << 20)
    subprocess.run(["mkfs.btrfs", "-q", str(image)], check=True)
    place.mkdir()
    if subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=False).returncode:
        pytest.skip("no loop device to be had")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
