"""``kill -9`` at each moment of publishing. (Starts processes; emulators of AWS on loopback.)"""

from __future__ import annotations

import contextlib
import logging
import random
import re
import sys
import urllib.request

import pytest

from tests.aws.conftest import Session
from tests.aws.endpoint import Fault, LambdaEndpoint, a_zip
from tests.conftest import Figure, Tried
from tests.hostile.killing import KILLED, NEVER, At, Ended, Rounds, Scene, moments, within_a_minute

pytestmark = [
    pytest.mark.hostile("Pulled plugs"),
    pytest.mark.aws,
    pytest.mark.once,
    pytest.mark.skipif(sys.platform != "linux", reason="forks, and looks into /proc"),
]

REGIONS = ("eu-west-1", "us-east-1")


def check_published(aws: LambdaEndpoint, rounds: Rounds, scene: Scene, arguments: list[str]) -> None:
    """Hold that publishing again ends well, with one version in each region."""
    again = rounds.do(scene, arguments)
    assert again.code == 0, again.words
    assert [len(aws.versions(region, "demo")) for region in REGIONS] == [1, 1], again.words
    scene.check_clean()


def test_publishing(rounds: Rounds, scene: Scene, tried: Tried, at_length: bool, dice: random.Random) -> None:
    """Killed before each request in turn, and after a random time, publishing in two regions can be done again, and
    each region then has one version.
    """
    layer = scene.out / "layer.zip"
    layer.write_bytes(a_zip({"python/demo.py": b"answer = 42\n"}))

    def trial(at: At = NEVER) -> Ended:
        with LambdaEndpoint() as aws:
            arguments = ["publish", str(layer), aws.url, "", *REGIONS]
            ended = rounds.do(scene, arguments, at)
            assert ended.code in {0, KILLED}, ended.words
            check_published(aws, rounds, scene, arguments)
        return ended

    undisturbed = trial()
    assert undisturbed.changes is not None
    for change in moments(undisturbed.changes, all_of_them=at_length):
        trial(At(change=change))
        tried(1)
    for _ in range(30 if at_length else 1):
        trial(At(seconds=dice.uniform(0.0, undisturbed.seconds)))
        tried(1)


@pytest.mark.parametrize(
    "done", [pytest.param(True, id="done"), pytest.param(False, id="not done", marks=pytest.mark.long)]
)
def test_publishing_without_an_answer(done: bool, rounds: Rounds, scene: Scene) -> None:
    """Killed while Lambda has not answered yet, whether it has made the version or not, publishing can be done again,
    and there is one version.
    """
    layer = scene.out / "layer.zip"
    layer.write_bytes(a_zip({"python/demo.py": b"answer = 42\n"}))
    with LambdaEndpoint() as aws:
        arguments = ["publish", str(layer), aws.url, "", *REGIONS]
        aws.fail("PublishLayerVersion", Fault.commit_then_silence() if done else Fault.silence())
        rounds.begin(scene, arguments)
        within_a_minute(lambda: aws.count("PublishLayerVersion") == len(REGIONS))
        within_a_minute(lambda: not done or all(aws.versions(region, "demo") for region in REGIONS))
        rounds.kill(scene)
        assert rounds.end(scene).code == KILLED
        aws.mend()
        check_published(aws, rounds, scene, arguments)


@pytest.mark.long
def test_publishing_through_a_bucket(rounds: Rounds, scene: Scene, tried: Tried, note: Figure) -> None:
    """Killed before each request in turn, publishing through a bucket can be done again, and there is one version; what
    the killed one has left in the bucket has a name that nobody else uses.
    """
    from moto.server import ThreadedMotoServer  # here since it takes long to import

    layer = scene.out / "layer.zip"
    layer.write_bytes(a_zip({"python/demo.py": b"answer = 42\n"}))
    region = REGIONS[0]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    arguments = ["publish", str(layer), url, "zips", region]
    session = Session(url)

    def trial(at: At = NEVER) -> Ended:
        urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()
        with contextlib.closing(session.client("s3")) as s3, contextlib.closing(session.client("lambda")) as client:
            s3.create_bucket(Bucket="zips", CreateBucketConfiguration={"LocationConstraint": region})
            ended = rounds.do(scene, arguments, at)
            assert ended.code in {0, KILLED}, ended.words
            again = rounds.do(scene, arguments)
            assert again.code == 0, again.words
            assert len(client.list_layer_versions(LayerName="demo")["LayerVersions"]) == 1
            keys = [one["Key"] for one in s3.list_objects_v2(Bucket="zips").get("Contents", ())]
            assert len(keys) <= (ended.code == KILLED)
            assert all(re.fullmatch("lambda-wheels/[0-9a-f]{64}-[0-9a-f]{8}[.]zip", key) for key in keys)
        return ended

    try:
        last = trial().changes
        assert last is not None
        for change in moments(last, all_of_them=True):
            trial(At(change=change))
            tried(1)
    finally:
        server.stop()
    note("A publisher that is killed leaves its zip in the bucket, which a lifecycle rule has to clear away (how-to).")
