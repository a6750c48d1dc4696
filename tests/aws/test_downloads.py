"""Zips that are fetched from where AWS says: certificates, proxies, faults on the way. (Opens sockets on loopback.)"""

from __future__ import annotations

import base64
import contextlib
import datetime
import hashlib
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambda_wheels import AwsError, OutputError
from lambda_wheels.aws import remote_zip
from lambda_wheels.aws.downloads import downloaded, get
from lambda_wheels.aws.remote_zip import unzipped_size
from tests.aws.conftest import HERE, Session, loader
from tests.aws.endpoint import Fault, LambdaEndpoint, a_zip

pytestmark = pytest.mark.loopback

ZIP = a_zip({"python/demo.py": b"answer = 42\n"})


@pytest.fixture
def client(aws: LambdaEndpoint, session: boto3.Session) -> Any:
    """Lambda, with one layer version."""
    aws.add_layer(HERE, "demo", ZIP)
    return session.client("lambda")


@pytest.fixture
def content(client: Any) -> dict[str, Any]:
    """What it says of that version."""
    said: dict[str, Any] = client.get_layer_version(LayerName="demo", VersionNumber=1)["Content"]
    return said


class _Handler(BaseHTTPRequestHandler):
    """Gives ``ZIP``, whatever is asked for; of it as a proxy, too."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(ZIP)))
        self.end_headers()
        self.wfile.write(ZIP)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr."""


@contextlib.contextmanager
def server(certificate: Path | None = None) -> Iterator[str]:
    """The URL of a server that gives ``ZIP``, with TLS if it has a certificate."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as one:
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            one.socket = context.wrap_socket(one.socket, server_side=True, do_handshake_on_connect=False)
            scheme = "https"
        thread = threading.Thread(target=one.serve_forever, args=(0.02,))
        thread.start()
        yield f"{scheme}://127.0.0.1:{one.server_address[1]}"
        one.shutdown()
        thread.join()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a certificate for 127.0.0.1 that nobody else has signed, and its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
    signed = built.add_extension(x509.SubjectAlternativeName([address]), critical=False).sign(key, hashes.SHA256())
    path = tmp_path / "certificate.pem"
    pem = serialization.Encoding.PEM
    text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(text + signed.public_bytes(pem))
    return path


@pytest.mark.parametrize("where", ["environment", "file", "verify"])
def test_certificates(
    where: str, aws: LambdaEndpoint, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What boto3 trusts is trusted for downloads, wherever it is said; and nothing else is."""
    settings: dict[str, Any] = {}
    if where == "environment":
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    elif where == "file":
        (tmp_path / "config").write_text(f"[default]\nca_bundle = {certificate}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    else:
        settings["verify"] = str(certificate)
    session = boto3.Session("testing", "testing", region_name=HERE)
    session._session.register_component("data_loader", loader())
    client = session.client("lambda", **settings)
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    with server(certificate) as url:
        content = {"Location": url, "CodeSha256": base64.b64encode(hashlib.sha256(ZIP).digest()).decode()}
        with downloaded(content, "demo-1", client=client) as path:
            assert path.read_bytes() == ZIP
        assert unzipped_size(url, client) == 12
        with pytest.raises(AwsError, match="CERTIFICATE_VERIFY_FAILED"), downloaded(content, "demo-1"):
            pass
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        with get(url) as answer:
            assert b"".join(answer.chunks()) == ZIP


def test_proxy(aws: LambdaEndpoint) -> None:
    """The proxy of the client's own settings is used for downloads."""
    with server() as url:
        client = Session(aws.url, proxies={"http": url}).client("lambda")
        with get("http://bucket.invalid/x.zip", client=client) as answer:
            assert b"".join(answer.chunks()) == ZIP


@pytest.mark.parametrize(
    "fault",
    [Fault.cut_off(20), Fault.reset(), Fault.silence(), Fault.status(503, "SlowDown"), Fault.throttled()],
    ids=["cut", "reset", "silent", "503", "429"],
)
def test_again(aws: LambdaEndpoint, content: dict[str, Any], fault: Fault) -> None:
    """A download that breaks is begun again, and what was there of it does not stay."""
    aws.fail("Download", fault, times=2)
    client = Session(aws.url, read_timeout=0.2).client("lambda")
    told: list[int | None] = []
    with downloaded(content, "demo-1", lambda event: told.append(event.done), client) as path:
        assert path.read_bytes() == ZIP
    assert (aws.count("Download"), told[-1]) == (3, len(ZIP))
    aws.fail("Download", fault, times=1)
    assert unzipped_size(content["Location"], client) == 12


@pytest.mark.parametrize(
    ("fault", "asked", "said"),
    [
        (Fault.status(403, "AccessDenied"), 1, "demo-1: its zip was answered with HTTP status 403"),
        (Fault.status(500), 4, "demo-1: its zip was answered with HTTP status 500"),
        (Fault.reset(), 4, "fetching the zip of demo-1: "),
    ],
    ids=["403", "500", "reset"],
)
def test_given_up(aws: LambdaEndpoint, content: dict[str, Any], fault: Fault, asked: int, said: str) -> None:
    """What another try does not mend is not tried again, and tries come to an end; the signature is not told."""
    aws.fail("Download", fault)
    with pytest.raises(AwsError) as caught, downloaded(content, "demo-1"):
        pass
    [problem] = caught.value.problems
    assert (problem.rule, aws.count("Download")) == ("aws-failed", asked)
    assert problem.message.startswith(said)
    assert "X-Amz" not in str(problem)


def test_disk(aws: LambdaEndpoint, content: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full is said as that, and no download is begun again for it."""

    original = Path.open

    def full(path: Path, *args: Any, **how: Any) -> Any:
        if path.suffix == ".zip":
            raise OSError(28, "No space left on device")
        return original(path, *args, **how)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OutputError, match="No space left on device") as caught, downloaded(content, "demo-1"):
        pass
    assert (caught.value.problems[0].rule, aws.count("Download")) == ("disk-failed", 1)


def test_most(aws: LambdaEndpoint, client: Any, content: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a server that knows no ranges no more is read than a layer can have."""
    aws.ranges = False
    assert unzipped_size(content["Location"], client) == 12
    monkeypatch.setattr(remote_zip, "_MOST", 0)
    assert unzipped_size(content["Location"], client) is None
