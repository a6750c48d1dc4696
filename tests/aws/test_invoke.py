"""A function imports from a layer that was published and attached: MiniStack runs it. (``nox -s invoke``.)

MiniStack runs functions in a process of its own interpreter, so that the layer is built for that one. It pins botocore,
and so has an environment of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_wheels import (
    ARCHITECTURES,
    attach_layer,
    build_layer,
    check,
    detach_layer,
    inspect_function,
    inspect_layer,
    prune_layer,
    publish_layer,
)
from tests.aws.conftest import HERE, Session
from tests.aws.endpoint import a_zip

MINISTACK = os.environ.get("LAMBDA_WHEELS_MINISTACK", "")
"""The command; ``nox -s invoke`` installs it and says so."""

pytestmark = [
    pytest.mark.aws,
    pytest.mark.network,
    pytest.mark.once,
    pytest.mark.skipif(not MINISTACK, reason="MiniStack is in an environment of its own: nox -s invoke"),
]

RUNTIME = "python{}.{}".format(*sys.version_info)
MACHINES = {architecture.machine: architecture.name for architecture in ARCHITECTURES.values()}
CODE = b"""
import idna, markupsafe, markupsafe._speedups

def handler(event, context):
    return {"idna": idna.encode(event["host"]).decode(), "native": markupsafe._speedups.__file__}
"""


def free_port() -> int:
    """A port on loopback that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def ministack(tmp_path: Path) -> Iterator[str]:
    """Its URL, once it answers."""
    port = free_port()
    folder = tmp_path / "ministack"
    folder.mkdir()
    environment = {**os.environ, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "TMPDIR": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([MINISTACK], cwd=folder, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(url, timeout=5):
                break
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.skipif(platform.machine() not in MACHINES, reason="no machine of Lambda's")
def test_invoked(ministack: str, tmp_path: Path, no_aws: None) -> None:
    """Built, published, attached, invoked: the function imports machine code from the layer; then all is taken away."""
    session = Session(ministack)
    architecture = MACHINES[platform.machine()]
    layer = build_layer(
        ["idna", "markupsafe"], runtime=RUNTIME, architecture=architecture, output=tmp_path / "layer.zip"
    )
    versions = publish_layer(layer, name="demo", session=session)
    versions.raise_for_failures()
    with contextlib.closing(session.client("lambda")) as client:
        client.create_function(
            FunctionName="f",
            Runtime=RUNTIME,
            Architectures=[architecture],
            Role="arn:aws:iam::000000000000:role/demo",
            Handler="app.handler",
            Code={"ZipFile": a_zip({"app.py": CODE})},
        )
        attach_layer(versions, function="f", session=session).raise_for_failures()
        answer = client.invoke(FunctionName="f", Payload=json.dumps({"host": "bücher.example"}))
        said = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, said
    assert said["idna"] == "xn--bcher-kva.example"
    assert "/python/markupsafe/" in said["native"]
    seen = inspect_function("f", session=session)
    assert [one.content_sha256 for one in seen.layers] == [layer.content_sha256]
    assert inspect_layer(versions.arns[HERE], session=session).unzipped_size == layer.unzipped_size
    assert check(versions.arns[HERE], session=session) == ()
    assert prune_layer("demo", keep=0, session=session)[0].used == (1,)
    detach_layer("demo", function="f", session=session).raise_for_failures()
    assert prune_layer("demo", keep=0, session=session)[0].deleted == (1,)
