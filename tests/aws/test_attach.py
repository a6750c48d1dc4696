"""Attaching and detaching: one layer changes, the others stay, and what cannot work is not tried. (Opens sockets.)"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambda_wheels import (
    Attachment,
    Attachments,
    AwsRefusedError,
    LayerChange,
    UsageError,
    attach_layer,
    detach_layer,
)
from lambda_wheels.aws import fits, patience
from lambda_wheels.aws.changing import Edit, How, change_function
from lambda_wheels.aws.patience import Patience, StoppedError
from lambda_wheels.problems import Problem
from tests.aws.conftest import HERE, Publish, Session, arn
from tests.aws.endpoint import Fault, LambdaEndpoint, a_zip
from tests.aws.faults import Answer

pytestmark = pytest.mark.loopback

Attach = Callable[..., Attachments]

FOR_ARM: dict[str, Any] = {"CompatibleRuntimes": ["python3.13"], "CompatibleArchitectures": ["arm64"]}


@pytest.fixture
def attach(session: boto3.Session) -> Attach:
    """``attach_layer`` to ``f``."""
    return functools.partial(attach_layer, function="f", session=session)


@pytest.fixture
def detach(session: boto3.Session) -> Attach:
    """``detach_layer`` from ``f``."""
    return functools.partial(detach_layer, function="f", session=session)


def layers(aws: LambdaEndpoint, name: str, *sizes: int) -> list[str]:
    """Versions of the layer ``name``, each with a file of so many bytes."""
    return [
        aws.add_layer(HERE, name, a_zip({f"python/{name}.txt": b"%d" % number * size}), **FOR_ARM)
        for number, size in enumerate(sizes or (1,))
    ]


def list_of(aws: LambdaEndpoint, function: str = "f") -> list[str]:
    """The layers that a function has, as ``name:version``."""
    with contextlib.closing(Session(aws.url).client("lambda")) as client:
        said = client.get_function_configuration(FunctionName=function).get("Layers", [])
    return [":".join(layer["Arn"].split(":")[6:]) for layer in said]


def only(attachments: Attachments) -> Attachment:
    """The one function."""
    [attachment] = attachments.functions
    return attachment


def test_first(aws: LambdaEndpoint, attach: Attach) -> None:
    """A layer is put at the end of the list; a second time nothing is changed."""
    [base], [demo] = layers(aws, "base"), layers(aws, "demo")
    aws.add_function(HERE, "f", layers=[base])
    found = only(attach(demo))
    assert (found.change, found.layers_before, found.layers) == (LayerChange.ATTACHED, (base,), (base, demo))
    assert only(attach(demo)).change is LayerChange.ALREADY_ATTACHED
    assert list_of(aws) == ["base:1", "demo:1"]
    assert aws.count("UpdateFunctionConfiguration") == 1


def test_in_place(aws: LambdaEndpoint, attach: Attach) -> None:
    """Another version of the layer is replaced where it is; a layer whose name only begins alike is another."""
    first, second = layers(aws, "demo", 1, 2)
    [longer], [last] = layers(aws, "demo-more"), layers(aws, "last")
    aws.add_function(HERE, "f", layers=[first, longer, last])
    attach(second).raise_for_failures()
    assert list_of(aws) == ["demo:2", "demo-more:1", "last:1"]


@pytest.mark.parametrize(
    ("position", "expected"),
    [(1, ["demo:1", "a:1", "b:1"]), (2, ["a:1", "demo:1", "b:1"]), (5, ["a:1", "b:1", "demo:1"])],
)
def test_position(aws: LambdaEndpoint, attach: Attach, position: int, expected: list[str]) -> None:
    """A place may be named, counted from 1."""
    aws.add_function(HERE, "f", layers=[*layers(aws, "a"), *layers(aws, "b")])
    attach(layers(aws, "demo")[0], position=position).raise_for_failures()
    assert list_of(aws) == expected


def test_what_was_published(aws: LambdaEndpoint, attach: Attach, publish: Publish) -> None:
    """What publishing returned can be attached as it is: each function gets the version of its region."""
    versions = publish(regions=[HERE, "us-east-1"])
    there = aws.add_function("us-east-1", "g")
    aws.add_function(HERE, "f")
    attach(versions, function=["f", there]).raise_for_failures()
    assert list_of(aws) == ["demo:1"]
    [failed] = attach(versions, function="arn:aws:lambda:eu-north-1:123456789012:function:x").failed
    assert failed.problems[0].rule == "layer-unfit"


def test_several_functions(aws: LambdaEndpoint, attach: Attach) -> None:
    """One function's failure does not stop the others."""
    [demo] = layers(aws, "demo")
    for name in "abcdef":
        aws.add_function(HERE, name)
    found = attach(demo, function=["a", "b", "none", "c", "d", "e", "f"])
    assert [one.function for one in found.failed] == ["none"]
    assert found.failed[0].problems[0].rule == "no-such-function"
    assert all(list_of(aws, name) == ["demo:1"] for name in "abcdef")
    with pytest.raises(AwsRefusedError, match="no-such-function"):
        found.raise_for_failures()


def test_dry_run(aws: LambdaEndpoint, attach: Attach, detach: Attach) -> None:
    """A dry run says what the list would be, and changes nothing."""
    [demo] = layers(aws, "demo")
    aws.add_function(HERE, "f")
    found = only(attach(demo, dry_run=True))
    assert (found.change, found.layers) == (LayerChange.WOULD_ATTACH, (demo,))
    assert list_of(aws) == []
    attach(demo)
    assert only(detach("demo", dry_run=True)).change is LayerChange.WOULD_DETACH
    assert list_of(aws) == ["demo:1"]


def test_new_version(aws: LambdaEndpoint, attach: Attach) -> None:
    """A version of the function is made afterwards, if that is asked for, with the layer in it."""
    first, second = layers(aws, "demo", 1, 2)
    aws.add_function(HERE, "f")
    assert only(attach(first, publish=True)).function_version == "1"
    assert only(attach(first, publish=True)).function_version == "1"
    assert only(attach(second, publish=True)).function_version == "2"


def refused(aws: LambdaEndpoint, found: Attachments, rule: str, *words: str) -> None:
    """It was refused by ``rule``, and nothing was tried."""
    [problem] = only(found).problems
    assert problem.rule == rule
    assert all(word in str(problem) for word in words)
    assert only(found).change is LayerChange.FAILED
    assert aws.count("UpdateFunctionConfiguration") == 0


@pytest.mark.hostile("AWS")
def test_sixth_layer(aws: LambdaEndpoint, attach: Attach) -> None:
    """A sixth layer of a function is refused, and the five are named."""
    aws.add_function(HERE, "f", layers=[layers(aws, name)[0] for name in "abcde"])
    refused(aws, attach(layers(aws, "demo")[0]), "too-many-layers", "6 layers", "a:1, b:1")


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"runtime": "python3.12"}, "layer-unfit"),
        ({"architectures": ["x86_64"]}, "layer-unfit"),
        ({"package_type": "Image"}, "image-function"),
    ],
)
def test_unfit(aws: LambdaEndpoint, attach: Attach, settings: dict[str, object], rule: str) -> None:
    """Another runtime or architecture, and a container image, are refused."""
    aws.add_function(HERE, "f", **settings)  # type: ignore[arg-type]
    refused(aws, attach(layers(aws, "demo")[0]), rule)


@pytest.mark.hostile("AWS")
@pytest.mark.parametrize("ranges", [True, False])
def test_too_large(aws: LambdaEndpoint, attach: Attach, monkeypatch: pytest.MonkeyPatch, ranges: bool) -> None:
    """Code and layers together over the limit are refused, with how large each is: only their directories are read."""
    monkeypatch.setattr(fits, "UNZIPPED_LIMIT", 4000)
    aws.ranges = ranges
    [base], [demo] = layers(aws, "base", 1000), layers(aws, "demo", 2001)
    aws.add_function(HERE, "f", layers=[base], code=a_zip({"app.py": b"x" * 1000}))
    found = attach(demo)
    refused(aws, found, "function-too-large", "4,001 bytes", "code 1,000", "base:1 1,000", "demo:1 2,001")
    monkeypatch.setattr(fits, "UNZIPPED_LIMIT", 4001)
    attach(demo).raise_for_failures()


def test_sizes_not_known(aws: LambdaEndpoint, attach: Attach) -> None:
    """What cannot be read is a warning: AWS has the last word."""
    [base], [demo] = layers(aws, "base"), layers(aws, "demo")
    aws.add_function(HERE, "f", layers=[base])
    aws.fail("Download", Fault.status(403))
    found = only(attach(demo))
    assert found.change is LayerChange.ATTACHED
    [warning] = found.problems
    assert warning.rule == "size-unknown" and "its code and base:1 and demo:1" in warning.message


def test_no_such_version(aws: LambdaEndpoint, attach: Attach) -> None:
    """A version that was pruned is said to be gone."""
    aws.add_function(HERE, "f")
    refused(aws, attach(arn(7)), "no-such-layer-version", "demo:7")


@pytest.mark.hostile("AWS")
def test_changed_meanwhile(aws: LambdaEndpoint, attach: Attach) -> None:
    """Somebody else's change between reading and writing is kept: the list is read anew."""
    [base], [demo] = layers(aws, "base"), layers(aws, "demo")
    aws.add_function(HERE, "f", layers=[base])
    aws.fail("UpdateFunctionConfiguration", Fault.status(412, "PreconditionFailedException"), times=1)
    aws.fail("UpdateFunctionConfiguration", Fault.status(409, "ResourceConflictException"), times=1)
    attach(demo).raise_for_failures()
    assert list_of(aws) == ["base:1", "demo:1"]
    assert aws.count("UpdateFunctionConfiguration") == 3


@pytest.mark.hostile("AWS")
@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        (Fault.status(412, "PreconditionFailedException"), "changed-meanwhile"),
        (Fault.status(409, "ResourceConflictException"), "changed-meanwhile"),
        (Fault.status(500, "ServiceException"), "aws-failed"),
        (Fault.reset(), "aws-failed"),
    ],
)
def test_never_changed(aws: LambdaEndpoint, attach: Attach, fault: Fault, rule: str) -> None:
    """An update that never ends is given up, with what came last; the layers are told as they are."""
    [base], [demo] = layers(aws, "base"), layers(aws, "demo")
    aws.add_function(HERE, "f", layers=[base])
    aws.fail("UpdateFunctionConfiguration", fault)
    found = only(attach(demo))
    assert [problem.rule for problem in found.problems] == [rule]
    assert (found.change, found.layers_before, found.layers) == (LayerChange.FAILED, (base,), (base,))


@pytest.mark.hostile("AWS")
@pytest.mark.parametrize("denied", ["UpdateFunctionConfiguration", "PublishVersion"])
def test_denied_halfway(aws: LambdaEndpoint, attach: Attach, denied: str) -> None:
    """Where one call of an attachment is denied, the layers are told as they are then, and warnings are kept."""
    [base], [demo] = layers(aws, "base"), layers(aws, "demo")
    aws.add_function(HERE, "f", layers=[base])
    aws.fail("Download", Fault.status(403))
    aws.fail(denied, Fault.access_denied())
    found = only(attach(demo, publish=True))
    assert [problem.rule for problem in found.problems] == ["aws-denied", "size-unknown"]
    now = (base, demo) if denied == "PublishVersion" else (base,)
    assert (found.change, found.layers_before, found.layers) == (LayerChange.FAILED, (base,), now)
    assert ("making a version of f" in found.problems[0].message) is (denied == "PublishVersion")


def test_not_read_again(aws: LambdaEndpoint, attach: Attach) -> None:
    """Where the function cannot be read after a change that AWS took, the layers are told as they were asked for."""
    [demo] = layers(aws, "demo")
    aws.add_function(HERE, "f")
    aws.fail("GetFunctionConfiguration", Fault.access_denied(), after=1)
    found = only(attach(demo))
    assert [problem.rule for problem in found.problems] == ["aws-denied"]
    assert (found.change, found.layers) == (LayerChange.FAILED, (demo,))


def test_last_try(aws: LambdaEndpoint, attach: Attach) -> None:
    """The last of all tries counts as much as the others."""
    [demo] = layers(aws, "demo")
    aws.add_function(HERE, "f")
    aws.fail(
        "UpdateFunctionConfiguration", Fault.status(412, "PreconditionFailedException"), times=len(patience.PAUSES) - 1
    )
    assert only(attach(demo)).change is LayerChange.ATTACHED


NOT_LAMBDA = [b"{}", b"null", b"[]", b"<html>Sign in to the network</html>"]
"""What a proxy may answer with, as if all were well."""


@pytest.mark.hostile("AWS")
@pytest.mark.parametrize("body", NOT_LAMBDA)
@pytest.mark.parametrize(
    "operation", ["GetFunctionConfiguration", "GetLayerVersion", "UpdateFunctionConfiguration", "PublishVersion"]
)
def test_no_answer_of_lambda(aws: LambdaEndpoint, attach: Attach, operation: str, body: bytes) -> None:
    """What comes with status 200 and is not Lambda's answer is said to be none."""
    [demo] = layers(aws, "demo")
    aws.add_function(HERE, "f")
    page = Answer(status=200, headers={"Content-Type": "application/json"}, body=body)
    aws.fail(operation, Fault(commits=False, instead=page))
    found = only(attach(demo, publish=True))
    assert [problem.rule for problem in found.problems] == ["aws-failed"]
    assert (found.change, len(str(found.problems[0]).splitlines())) == (LayerChange.FAILED, 1)


@pytest.mark.hostile("AWS")
def test_change_without_an_answer_of_lambda(aws: LambdaEndpoint, attach: Attach) -> None:
    """A change whose answer was replaced by a page is seen when the function is read again."""
    [demo] = layers(aws, "demo")
    aws.add_function(HERE, "f")
    page = Answer(status=200, headers={"Content-Type": "application/json"}, body=json.dumps({}).encode())
    aws.fail("UpdateFunctionConfiguration", Fault(instead=page))
    assert only(attach(demo)).change is LayerChange.ATTACHED
    assert aws.count("UpdateFunctionConfiguration") == 1


@pytest.mark.hostile("AWS")
@pytest.mark.parametrize(
    "fault", [Fault.commit_then_reset(), Fault.commit_then_status(500), Fault.reset(), Fault.status(503)]
)
def test_answer_lost(aws: LambdaEndpoint, attach: Attach, fault: Fault) -> None:
    """After an answer that was lost the function is read again, and is as it was asked to be."""
    [demo] = layers(aws, "demo")
    aws.add_function(HERE, "f")
    aws.fail("UpdateFunctionConfiguration", fault, times=1)
    assert only(attach(demo)).change is LayerChange.ATTACHED
    assert list_of(aws) == ["demo:1"]


@pytest.mark.hostile("AWS")
def test_waits(aws: LambdaEndpoint, attach: Attach) -> None:
    """Attaching waits for the update to finish, and for one that was in progress before."""
    [demo] = layers(aws, "demo")
    aws.add_function(HERE, "f")
    aws.update_reads = 4
    attach(demo).raise_for_failures()
    assert aws.count("GetFunctionConfiguration") >= 5


def test_given_up(aws: LambdaEndpoint, session: boto3.Session) -> None:
    """Where the job is given up while it is seen whether the change can work, it is not made."""
    aws.add_function(HERE, "f")
    giving_up = Patience()
    words = (LayerChange.ATTACHED, LayerChange.WOULD_ATTACH, LayerChange.ALREADY_ATTACHED)

    def give_up(function: fits.Function, layers: Sequence[str]) -> tuple[Problem, ...]:
        giving_up.stop()
        return ()

    edit = Edit(lambda function: (arn(1),), give_up, *words)
    with contextlib.closing(session.client("lambda")) as client, pytest.raises(StoppedError):
        change_function(client, "f", edit, How(publish=False, restore=False, dry_run=False), giving_up)
    assert aws.count("UpdateFunctionConfiguration") == 0


@pytest.mark.hostile("AWS")
@pytest.mark.parametrize("restore", [False, True])
def test_failed_update(aws: LambdaEndpoint, attach: Attach, restore: bool) -> None:
    """Lambda's reason for a failed update is said, and the former list is put back if asked."""
    [base], [demo] = layers(aws, "base"), layers(aws, "demo")
    aws.add_function(HERE, "f", layers=[base])
    aws.fail_updates["f"] = "The KMS key is disabled"
    found = only(attach(demo, restore=restore))
    assert found.change is LayerChange.FAILED
    assert "The KMS key is disabled" in str(found.problems[0])
    assert list_of(aws) == (["base:1"] if restore else ["base:1", "demo:1"])
    assert found.layers == ((base,) if restore else (base, demo))


@pytest.mark.hostile("AWS")
def test_restore_keeps_the_layers_of_others(
    aws: LambdaEndpoint, session: boto3.Session, attach: Attach, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody attached since the first reading is not thrown away by putting the former list back."""
    [base], [demo], [other] = layers(aws, "base"), layers(aws, "demo"), layers(aws, "other")
    aws.add_function(HERE, "f", layers=[base])
    aws.fail("UpdateFunctionConfiguration", Fault.status(412, "PreconditionFailedException"), times=1)
    pause = Patience.pause
    with contextlib.closing(session.client("lambda")) as somebody:

        def meanwhile(waiting: Patience, seconds: float) -> None:
            if aws.count("UpdateFunctionConfiguration") == 1:
                somebody.update_function_configuration(FunctionName="f", Layers=[base, other])
                aws.fail_updates["f"] = "The KMS key is disabled"
            pause(waiting, seconds)

        monkeypatch.setattr(Patience, "pause", meanwhile)
        found = only(attach(demo, restore=True))
    assert (found.change, found.layers_before, found.layers) == (LayerChange.FAILED, (base,), (base, other))
    assert [problem.rule for problem in found.problems] == ["update-failed"]
    assert list_of(aws) == ["base:1", "other:1"]


@pytest.mark.parametrize(
    ("fault", "rules"),
    [
        (Fault.status(412, "PreconditionFailedException"), ["update-failed", "update-failed"]),
        (Fault.commit_then_status(500), ["update-failed"]),
        (Fault.access_denied(), ["update-failed", "aws-denied"]),
    ],
)
def test_restore_that_fails(aws: LambdaEndpoint, attach: Attach, fault: Fault, rules: list[str]) -> None:
    """Why the update failed is said even if the list cannot be put back, and the layers as they are then."""
    [base], [demo] = layers(aws, "base"), layers(aws, "demo")
    aws.add_function(HERE, "f", layers=[base])
    aws.fail_updates["f"] = "The KMS key is disabled"
    aws.fail("UpdateFunctionConfiguration", fault, after=1)
    found = only(attach(demo, restore=True))
    assert [problem.rule for problem in found.problems] == rules
    assert found.layers == ((base,) if len(rules) == 1 else (base, demo))


def test_detach(aws: LambdaEndpoint, detach: Attach) -> None:
    """Every way to name a layer takes it away, and only it; what is not there is said."""
    first, _ = layers(aws, "demo", 1, 2)
    [longer] = layers(aws, "demo-more")
    for name in ("demo", arn(1).removesuffix(":1"), arn(2)):
        aws.add_function(HERE, "f", layers=[first, longer])
        assert only(detach(name)).change is LayerChange.DETACHED
        assert list_of(aws) == ["demo-more:1"]
        assert only(detach(name)).change is LayerChange.NOT_ATTACHED


@pytest.mark.parametrize(
    ("layer", "settings", "rule"),
    [
        ("demo", {}, "bad-arn"),
        (arn(1).removesuffix(":1"), {}, "bad-arn"),
        (arn(1), {"position": 0}, "bad-position"),
        (arn(1), {"position": 6}, "bad-position"),
        (arn(1), {"function": []}, "no-such-function"),
        (arn(1), {"function": ["f", ""]}, "no-such-function"),
        (arn(1), {"function": [None]}, "no-such-function"),
        (arn(1), {"function": ["f", 7]}, "no-such-function"),
        (arn(1), {"function": Path("f")}, "no-such-function"),
        (arn(1), {"region": ""}, "no-region"),
        (arn(1) + "0" * 5000, {}, "bad-arn"),
        (None, {}, "bad-arn"),
        (arn(1), {"function": "f:live"}, "no-such-function"),
        (arn(1), {"function": "arn:aws:lambda:eu-west-1:123456789012:function:f:7"}, "no-such-function"),
    ],
)
def test_wrong_usage(aws: LambdaEndpoint, attach: Attach, layer: Any, settings: dict[str, object], rule: str) -> None:
    """What makes no sense is refused before anything is asked."""
    with pytest.raises(UsageError) as caught:
        attach(layer, **settings)
    assert caught.value.problems[0].rule == rule
    assert aws.requests == []


@pytest.mark.parametrize(
    "layer",
    [
        f"{arn(1)}x",
        arn(1).removesuffix("1") + "latest",
        arn(1).replace("123456789012", "12345678901"),
        arn(1) + "0" * 5000,
        "arn:layer:x",
        "arn:x:layer:",
        "two words",
        "",
        None,
        Path("demo"),
    ],
)
def test_detach_what_is_no_layer(aws: LambdaEndpoint, detach: Attach, layer: Any) -> None:
    """What is neither a layer's name nor its ARN is refused before anything is asked, and is not \"not attached\"."""
    with pytest.raises(UsageError, match="bad-arn"):
        detach(layer)
    assert aws.requests == []


@pytest.mark.parametrize(
    "settings", [{"region": "us-east-1"}, {"function": "arn:aws:lambda:us-east-1:123456789012:function:f"}]
)
def test_detach_in_another_region(aws: LambdaEndpoint, detach: Attach, settings: dict[str, str]) -> None:
    """A layer of another region than the function's cannot be in its list, and is likely a slip."""
    found = only(detach(arn(1), **settings))
    assert (found.change, [problem.rule for problem in found.problems]) == (LayerChange.FAILED, ["layer-unfit"])


@pytest.mark.parametrize("name", ["f" * 65, "f" * 140])
def test_long_name(aws: LambdaEndpoint, attach: Attach, name: str) -> None:
    """The region of a function is seen in its ARN however long its name is."""
    [demo] = layers(aws, "demo")
    found = only(attach(demo, function=f"arn:aws:lambda:us-east-1:123456789012:function:{name}"))
    assert [problem.rule for problem in found.problems] == ["layer-unfit"]
    found = only(attach(demo, function=f"arn:aws:lambda:{HERE}:123456789012:function:{name}"))
    assert [problem.rule for problem in found.problems] in (["no-such-function"], ["aws-refused"])
