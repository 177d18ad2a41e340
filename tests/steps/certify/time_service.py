"""A time stamp service (RFC 3161) as strangers run one: `openssl ts` behind a local HTTP server."""

from __future__ import annotations

import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_CONFIG = """
[tsa]
default_tsa = here
[here]
dir = .
serial = serial
signer_cert = signer.pem
certs = chain.pem
signer_key = key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def furnish(folder: Path, authority, name="示例时间戳中心", stamps=True) -> Path:
    """Lay out what `openssl ts` needs."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signer = authority.issue(name, key.public_key(), stamps=stamps)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ts.cnf").write_text(_CONFIG)
    (folder / "serial").write_text("01\n")
    (folder / "signer.pem").write_bytes(signer.public_bytes(Encoding.PEM))
    (folder / "chain.pem").write_bytes(
        authority.certificate.public_bytes(Encoding.PEM) + authority.root.public_bytes(Encoding.PEM)
    )
    (folder / "root.pem").write_bytes(authority.root.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder


def answered(folder: Path, query: bytes) -> bytes:
    (folder / "query").write_bytes(query)
    command = ["openssl", "ts", "-reply", "-config", "ts.cnf", "-queryfile", "query", "-out", "reply"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "reply").read_bytes()


@contextmanager
def serving(answer):
    """Serve `answer(query) -> reply` on a free local port; gives the address and the list of queries."""
    seen: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            query = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(query)
            reply = answer(query)
            self.send_response(200 if reply else 503)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
