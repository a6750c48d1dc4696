"""Pruning: old versions go, but for those that are in use. (Opens sockets on loopback.)"""

from __future__ import annotations

import functools
from collections.abc import Callable

import boto3
import pytest

from lambda_wheels import Pruned, UsageError, attach_layer, prune_layer
from tests.aws.conftest import HERE
from tests.aws.endpoint import Fault, LambdaEndpoint, a_zip
from tests.aws.faults import Answer

pytestmark = pytest.mark.loopback

Prune = Callable[..., tuple[Pruned, ...]]


@pytest.fixture
def prune(session: boto3.Session) -> Prune:
    """``prune_layer`` of ``demo``."""
    return functools.partial(prune_layer, "demo", session=session)


def add(aws: LambdaEndpoint, count: int, region: str = HERE) -> list[str]:
    """So many versions of ``demo``."""
    return [aws.add_layer(region, "demo", a_zip({"python/demo.py": b"%d" % number})) for number in range(count)]


def test_oldest_go(aws: LambdaEndpoint, prune: Prune) -> None:
    """The newest stay, the others are deleted; a second time there is nothing to do."""
    add(aws, 5)
    [found] = prune(keep=2)
    assert (found.deleted, found.used, found.kept) == ((1, 2, 3), (), (5, 4))
    assert aws.versions(HERE, "demo") == [4, 5]
    assert prune(keep=2)[0].deleted == ()


def test_used_ones_stay(aws: LambdaEndpoint, prune: Prune, session: boto3.Session) -> None:
    """What a function uses stays, also on a further page, and what only an older version of one uses."""
    arns = add(aws, 6)
    for number in range(9):
        aws.add_function(HERE, f"other-{number}")
    aws.add_function(HERE, "z", layers=[arns[1]])
    aws.add_function(HERE, "f")
    attach_layer(arns[2], function="f", publish=True, session=session).raise_for_failures()
    attach_layer(arns[4], function="f", session=session).raise_for_failures()
    aws.page_size = 4
    [found] = prune(keep=1)
    assert (found.deleted, found.used, found.kept) == ((1, 4), (5, 3, 2), (6,))


def test_dry_run(aws: LambdaEndpoint, prune: Prune) -> None:
    """A dry run names what would be deleted, and deletes nothing."""
    add(aws, 3)
    assert prune(keep=1, dry_run=True)[0].deleted == (1, 2)
    assert aws.versions(HERE, "demo") == [1, 2, 3]


def test_failures(aws: LambdaEndpoint, prune: Prune) -> None:
    """One version that cannot be deleted, and one region that fails, do not stop the others."""
    add(aws, 4)
    add(aws, 4, "us-east-1")
    aws.fail("DeleteLayerVersion", Fault.access_denied(), times=1, region=HERE)
    aws.fail("ListLayerVersions", Fault.access_denied(), region="eu-north-1")
    here, forbidden, there = prune(keep=1, regions=[HERE, "eu-north-1", "us-east-1"])
    assert (here.deleted, [problem.rule for problem in here.problems]) == ((2, 3), ["aws-denied"])
    assert (forbidden.deleted, forbidden.has_failed) == ((), True)
    assert (there.deleted, there.has_failed) == ((1, 2, 3), False)


@pytest.mark.parametrize("fault", [Fault.reset(), Fault.status(500, "ServiceException")], ids=["reset", "500"])
def test_no_answer(aws: LambdaEndpoint, prune: Prune, fault: Fault) -> None:
    """Where AWS does not answer, not every version is waited for: the region ends, and says so."""
    add(aws, 9)
    add(aws, 3, "us-east-1")
    aws.fail("DeleteLayerVersion", fault, region=HERE, after=2)
    here, there = prune(keep=1, regions=[HERE, "us-east-1"])
    [problem] = here.problems
    assert (here.deleted, problem.rule) == ((1, 2), "aws-failed")
    assert problem.message.startswith(f"deleting demo:3 in {HERE}, with which pruning ends there: ")
    assert aws.count("DeleteLayerVersion", HERE) == 2 + 3  # boto3 tries three times
    assert there.deleted == (1, 2)


NOT_OF_AWS = (b"{}", b"null", b"[]", b"<html>", b'{"Functions": [{"Layers": [{}]}]}', b'{"Functions": [null]}')


@pytest.mark.parametrize("body", NOT_OF_AWS)
def test_answer_that_is_not_of_aws(aws: LambdaEndpoint, prune: Prune, body: bytes) -> None:
    """A page of something in AWS's place is one line, and nothing is deleted, as the versions in use are not known."""
    add(aws, 3)
    page = Answer(headers={"Content-Type": "application/json"}, body=body)
    aws.fail("ListFunctions", Fault(commits=False, instead=page))
    [found] = prune(keep=1)
    [problem] = found.problems
    assert (found.deleted, problem.rule) == ((), "aws-failed")
    assert problem.message.startswith(f"pruning demo in {HERE}: ")
    assert aws.versions(HERE, "demo") == [1, 2, 3]


@pytest.mark.parametrize("body", [b"null", b'{"LayerVersions": [{}]}', b'{"LayerVersions": [null]}'])
def test_listing_that_is_not_of_aws(aws: LambdaEndpoint, prune: Prune, body: bytes) -> None:
    """The same for the versions of the layer."""
    aws.fail("ListLayerVersions", Fault(commits=False, instead=Answer(body=body)))
    [problem] = prune(keep=0)[0].problems
    assert problem.rule == "aws-failed"


def test_functions_not_known(aws: LambdaEndpoint, prune: Prune) -> None:
    """Where the functions cannot be listed nothing is deleted: any version may be in use."""
    add(aws, 3)
    aws.fail("ListFunctions", Fault.access_denied())
    [found] = prune(keep=1)
    assert (found.deleted, found.problems[0].rule) == ((), "aws-denied")
    assert aws.versions(HERE, "demo") == [1, 2, 3]


def test_no_such_layer(aws: LambdaEndpoint, prune: Prune) -> None:
    """A layer that is not there has nothing to prune."""
    assert prune(keep=0)[0] == Pruned(region=HERE)


def test_throttled_pages(aws: LambdaEndpoint, prune: Prune) -> None:
    """A listing that is throttled between its pages goes on."""
    add(aws, 7)
    aws.page_size = 2
    aws.fail("List*", Fault.throttled(retry_after=0), times=1, after=1)
    assert prune(keep=6)[0].deleted == (1,)


@pytest.mark.parametrize(("name", "keep", "rule"), [("a/b", 1, "bad-layer-name"), ("demo", -1, "bad-keep")])
def test_wrong_usage(aws: LambdaEndpoint, session: boto3.Session, name: str, keep: int, rule: str) -> None:
    """What makes no sense is refused before anything is asked."""
    with pytest.raises(UsageError) as caught:
        prune_layer(name, keep=keep, session=session)
    assert caught.value.problems[0].rule == rule
    assert aws.requests == []
