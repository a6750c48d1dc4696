"""Work side by side that is given up: nothing more is changed, and nobody waits. (Starts threads and processes.)"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from lambda_wheels import prune_layer
from lambda_wheels.aws.clients import Clients
from lambda_wheels.aws.patience import Patience, StoppedError
from lambda_wheels.aws.workers import run_side_by_side
from tests.aws.conftest import HERE, Session
from tests.aws.endpoint import Fault, LambdaEndpoint, a_zip

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs signals of POSIX")


def test_results_in_order() -> None:
    """Results come in the order of the keys, no more than so many at once, and the caller is told."""
    running: list[int] = []
    most: list[int] = []
    told: list[str] = []

    def work(key: int) -> int:
        running.append(key)
        most.append(len(running))
        time.sleep(0.01 * (5 - key))
        running.remove(key)
        return key * 2

    found = run_side_by_side(work, range(5), 2, Patience(), lambda: told.append(threading.current_thread().name))
    assert found == [0, 2, 4, 6, 8]
    assert max(most) <= 2
    assert set(told) == {threading.current_thread().name}
    assert run_side_by_side(work, [], 2, Patience()) == []


@pytest.mark.parametrize("raised", [ValueError("no"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["work", "tell"])
def test_given_up(raised: BaseException, where: str) -> None:
    """What the work or the callback raises is raised to the caller soon; nothing more begins, nobody is waited for."""
    patience, hangs = Patience(), threading.Event()
    begun: list[int] = []

    def work(key: int) -> None:
        begun.append(key)
        if key == 0 and where == "work":
            raise raised
        hangs.wait(30)

    def tell() -> None:
        if where == "tell":
            raise raised

    started = time.monotonic()
    with pytest.raises(type(raised)):
        run_side_by_side(work, range(9), 2, patience, tell)
    assert time.monotonic() - started < 5
    before = len(begun)
    hangs.set()
    with pytest.raises(StoppedError):
        patience.check()
    time.sleep(0.05)
    assert len(begun) == before < 9


@pytest.mark.loopback
def test_nothing_is_sent_any_more(aws: LambdaEndpoint, session: boto3.Session) -> None:
    """Once a job is given up its clients send nothing, neither again nor for the first time."""
    patience = Patience()
    aws.fail("ListFunctions", Fault.status(500, "ServiceException"))
    with Clients(session, patience) as clients:
        client = clients.of_lambda(HERE)
        client.meta.events.register("needs-retry", lambda **_: patience.stop())
        for _ in range(2):
            with pytest.raises(StoppedError):
                client.list_functions()
    assert aws.count("*") == 1


@pytest.mark.loopback
def test_tidying_up_is_sent(no_aws: None) -> None:
    """What was staged for a job that was given up may still be taken away; nothing else is asked of S3."""
    patience = Patience()
    patience.stop()
    with Clients(Session("http://127.0.0.1:1"), patience) as clients:
        client = clients.of_s3(HERE)
        with pytest.raises(StoppedError):
            client.list_objects_v2(Bucket="bucket")
        with pytest.raises(EndpointConnectionError):
            client.delete_object(Bucket="bucket", Key="key")
        with pytest.raises(EndpointConnectionError):
            client.abort_multipart_upload(Bucket="bucket", Key="key", UploadId="id")


@POSIX
@pytest.mark.loopback
@pytest.mark.process
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("fault", [Fault.delay(0.4), Fault.silence()], ids=["slow", "silent"])
def test_prune_is_stopped(aws: LambdaEndpoint, fault: Fault, number: int, code: int) -> None:
    """Ctrl-C or SIGTERM while versions are deleted: no further one is, the command ends soon, and in one line."""
    for one in range(12):
        aws.add_layer(HERE, "demo", a_zip({"python/demo.py": b"%d" % one}))
    aws.fail("DeleteLayerVersion", fault)
    process = subprocess.Popen(
        [sys.executable, "-m", "lambda_wheels", "prune", "demo", "--keep=0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": HERE,
        },
    )
    deadline = time.monotonic() + 60
    while not aws.count("DeleteLayerVersion"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    sent = aws.count("DeleteLayerVersion")
    started = time.monotonic()
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - started < 8  # a second, and what a busy machine adds
    assert (process.returncode, errors.count("\n")) == (code, 1)
    assert aws.count("DeleteLayerVersion") <= sent + 1  # one may have been on its way


@pytest.mark.loopback
def test_prune_that_is_interrupted(
    aws: LambdaEndpoint, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the library too an interruption ends it at once, and what is left behind deletes nothing more."""
    for one in range(5):
        aws.add_layer(HERE, "demo", a_zip({"python/demo.py": b"%d" % one}))
    aws.fail("DeleteLayerVersion", Fault.delay(1.5))

    def interrupted(*_: object, **__: object) -> None:
        while not aws.count("DeleteLayerVersion"):
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr("lambda_wheels.aws.workers.wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prune_layer("demo", keep=0, session=session)
    time.sleep(1)
    assert aws.count("DeleteLayerVersion") == 1
