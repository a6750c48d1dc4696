"""One call makes one version, whatever happens to its answer, and however many call. (Opens sockets on loopback.)"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lambda_wheels.aws import patience
from lambda_wheels.aws.clients import Clients
from lambda_wheels.aws.package import read_package
from lambda_wheels.aws.patience import Patience
from lambda_wheels.aws.publishing import Order, publish_in
from lambda_wheels.aws.results import LayerVersion, PublishOutcome
from lambda_wheels.progress import silent
from tests.aws.conftest import HERE, REGIONS, Session
from tests.aws.endpoint import Fault, LambdaEndpoint
from tests.aws.faults import Answer
from tests.conftest import Figure, Tried

pytestmark = pytest.mark.loopback

RUNS = 100
PUBLISHERS = 16

FAULTS = {
    "commit, then silence": Fault.commit_then_silence(),
    "commit, then reset": Fault.commit_then_reset(),
    "commit, then 500": Fault.commit_then_status(500),
    "commit, then a proxy's 504": Fault.commit_then_status(504, ""),
    "commit, then half an answer": Fault.cut_off(40),
    "late commit after 500": Fault.late_commit(0.0),
    "late commit after reset": Fault.late_commit_after_reset(0.0),
    "silence": Fault.silence(),
    "reset": Fault.reset(),
    "503": Fault.status(503, "ServiceException"),
    "429": Fault.throttled(),
    "429 with Retry-After": Fault.throttled(retry_after=0),
}
"""What happens to the first call that publishes."""


@pytest.fixture(autouse=True)
def unhurried(aws: LambdaEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses in which what comes late is there, on a busy machine too."""
    monkeypatch.setattr(patience, "PAUSES", (0.05, 0.05, 0.1, 0.2, 0.4, 0.8))


def order(layer: Path, name: str) -> Order:
    """``layer`` to be published as ``name``."""
    package = read_package(layer, ["python3.13"], ["arm64"], silent)
    return Order(name, package, "", "", None, ())


def publish(region: str, what: Order, clients: Clients) -> LayerVersion:
    """Publish in one region; what cannot be said without a word of warning fails the test."""
    version = publish_in(region, what, clients, Patience(), lambda total, done: None)
    assert version.outcome is not PublishOutcome.FAILED, version.problems
    return version


def runs(aws: LambdaEndpoint, layer: Path, fault: Fault, count: int) -> list[int]:
    """How many versions each of ``count`` publishers made, all of whose first calls have the fault."""
    made = []
    with Clients(Session(aws.url, read_timeout=0.2)) as clients:
        for number in range(count):
            what = order(layer, f"demo-{number}")
            aws.fail("PublishLayerVersion", fault, times=1)
            version = publish(HERE, what, clients)
            aws.mend()
            assert version.version in aws.versions(HERE, what.name)
            made.append(len(aws.versions(HERE, what.name)))
    return made


@pytest.mark.parametrize("fault", FAULTS)
def test_once(aws: LambdaEndpoint, layer: Path, fault: str) -> None:
    """There is one version, and it is told, though the first call went wrong."""
    assert runs(aws, layer, FAULTS[fault], 2) == [1, 1]


@pytest.mark.hostile("AWS")
@pytest.mark.once
@pytest.mark.parametrize("fault", FAULTS)
def test_once_in_many_runs(aws: LambdaEndpoint, layer: Path, fault: str, figure: Figure, tried: Tried) -> None:
    """Whatever happens to the first call that publishes, a hundred times each, there is one version, and it is told."""
    made = runs(aws, layer, FAULTS[fault], RUNS)
    figure(f"publishing, {fault}: {RUNS} runs, {sum(made)} versions")
    assert made == [1] * RUNS
    tried(RUNS)


@pytest.mark.hostile("AWS")
def test_many_publishers_that_hear_nothing(aws: LambdaEndpoint, layer: Path, figure: Figure) -> None:
    """Of publishers that start at once and hear half of the answers, each takes away its own version, but for one."""
    what = order(layer, "demo")
    aws.fail("PublishLayerVersion", Fault.commit_then_status(500), times=PUBLISHERS // 2)

    def one(_: int) -> LayerVersion:
        with Clients(Session(aws.url)) as clients:
            return publish(HERE, what, clients)

    with ThreadPoolExecutor(PUBLISHERS) as pool:
        told = [*pool.map(one, range(PUBLISHERS))]
    left = aws.versions(HERE, "demo")
    figure(f"{PUBLISHERS} publishers at once, half unanswered: {aws.made(HERE, 'demo')} made, {len(left)} left")
    assert {version.version for version in told} == set(left)
    assert len(left) == 1


@pytest.mark.hostile("AWS")
def test_many_publishers(aws: LambdaEndpoint, layer: Path, figure: Figure) -> None:
    """Publishers that start at once in all regions agree on one version in each, and leave no other."""
    what = order(layer, "demo")

    def one(_: int) -> list[LayerVersion]:
        with Clients(Session(aws.url)) as clients:
            return [publish(region, what, clients) for region in REGIONS]

    with ThreadPoolExecutor(PUBLISHERS) as pool:
        told = [version for versions in pool.map(one, range(PUBLISHERS)) for version in versions]
    for region in REGIONS:
        left = aws.versions(region, "demo")
        figure(f"{PUBLISHERS} publishers at once, {region}: {aws.made(region, 'demo')} made, {len(left)} left")
        assert len(left) == 1
        assert {version.version for version in told if version.region == region} == set(left)


@pytest.mark.hostile("AWS")
@pytest.mark.parametrize("allowed", [True, False])
def test_another_was_faster(aws: LambdaEndpoint, layer: Path, allowed: bool) -> None:
    """Who made the higher version takes the lower and deletes its own; where it may not, it says so and goes on."""
    what = order(layer, "demo")
    nothing_yet = Answer(headers={"Content-Type": "application/json"}, body=b'{"LayerVersions": []}')
    with Clients(Session(aws.url)) as clients:
        publish(HERE, what, clients)
        aws.fail("ListLayerVersions", Fault(instead=nothing_yet), times=1)
        if not allowed:
            aws.fail("DeleteLayerVersion", Fault.access_denied())
        version = publish(HERE, what, clients)
    assert (version.version, version.outcome) == (1, PublishOutcome.ALREADY_THERE)
    assert [problem.rule for problem in version.problems] == ([] if allowed else ["not-deleted"])
    assert aws.versions(HERE, "demo") == ([1] if allowed else [1, 2])
