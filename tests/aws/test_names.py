"""ARNs, descriptions, lists of layers, permissions: what is decided without asking anybody. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels import UsageError
from lambda_wheels.aws.arns import (
    LayerVersionArn,
    is_function_name,
    layer_in,
    layer_of,
    read_layer,
    region_of_function,
    short_arn,
)
from lambda_wheels.aws.fits import with_layer, without_layer
from lambda_wheels.aws.marks import DESCRIPTION_LIMIT, ROOM, described, digest_in, marked, publisher_in, words_of
from lambda_wheels.aws.sharing import Grant

LAYER = "arn:aws:lambda:eu-west-1:123456789012:layer:demo"
DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_arn(partition: str) -> None:
    """The ARN of a version is taken apart and put together again, in every partition."""
    text = f"arn:{partition}:lambda:us-gov-east-1:123456789012:layer:My_layer-1:42"
    read = LayerVersionArn.read(text)
    assert (read.region, read.account, read.name, read.version) == ("us-gov-east-1", "123456789012", "My_layer-1", 42)
    assert str(read) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "demo",
        LAYER,
        f"{LAYER}:",
        f"{LAYER}:x",
        f"{LAYER}:1:2",
        f"{LAYER}:1\n",
        f"{LAYER}:{'1' * 5000}",
        "arn:aws:lambda:eu-west-1:1:layer:x:1",
    ],
)
def test_no_arn(text: str) -> None:
    """What is not the ARN of a version is refused."""
    with pytest.raises(UsageError, match="bad-arn"):
        LayerVersionArn.read(text)


def test_layer_of() -> None:
    """The layer of a version is its ARN without the number; names that begin alike stay apart."""
    assert layer_of(f"{LAYER}:7") == layer_of(LAYER) == LAYER
    assert layer_of(f"{LAYER}-more:7") != LAYER
    assert (short_arn(f"{LAYER}:7"), short_arn("demo")) == ("demo:7", "demo")
    assert layer_in("arn:aws:lambda:eu-west-1:123456789012:function:f", "demo") == LAYER


def test_read_layer() -> None:
    """A layer is read from its ARN and from a version's, and from nothing else."""
    assert read_layer(f"{LAYER}:7") == read_layer(LAYER) == LAYER
    for text in ("demo", "arn:layer:x", "arn:x:layer:", f"{LAYER}:latest", f"{LAYER}:{'1' * 5000}"):
        with pytest.raises(UsageError, match="bad-arn"):
            read_layer(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my-function", True),
        ("my_function:live", True),
        ("f:$LATEST", True),
        ("f:$LATEST.PUBLISHED", True),
        ("function:f", True),
        ("123456789012:function:f:7", True),
        ("f" * 5000, True),
        (".", False),
        ("layer.zip", False),
        ("my function", False),
        ("a/b", False),
        ("", False),
    ],
)
def test_function_name(text: str, expected: bool) -> None:
    """What may be a function's name is told from what can only be a path."""
    assert is_function_name(text) is expected


@pytest.mark.parametrize(
    ("function", "region"),
    [
        ("f", None),
        ("arn:aws:lambda:us-east-1:123456789012:function:f", "us-east-1"),
        ("arn:aws:lambda:us-east-1:123456789012:function:f:live", "us-east-1"),
        ("arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST", "us-east-1"),
        ("arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST.PUBLISHED", "us-east-1"),
        (f"arn:aws:lambda:us-east-1:123456789012:function:{'f' * 140}", "us-east-1"),
    ],
)
def test_region_of_function(function: str, region: str | None) -> None:
    """A function's ARN says where it is; a name does not."""
    assert region_of_function(function) == region


@pytest.mark.parametrize("words", ["", "Our base layer", "x" * ROOM])
def test_marks(words: str) -> None:
    """A description carries the digest at its end, within AWS's limit, and both are found again."""
    text = marked(words, DIGEST, "0a1b2c3d")
    assert len(text) <= DESCRIPTION_LIMIT
    assert (digest_in(text), publisher_in(text), words_of(text)) == (DIGEST, "0a1b2c3d", words)


@pytest.mark.parametrize("text", ["", "words", f"content-sha256:{DIGEST} and more", f"xcontent-sha256:{DIGEST}"])
def test_no_marks(text: str) -> None:
    """A description of somebody else's says nothing."""
    assert digest_in(text) is None


@pytest.mark.parametrize("count", [1, 2, 40, 400])
def test_described(count: int) -> None:
    """The projects are named as far as there is room, and how many more there are."""
    text = described((f"project-{number}", "1.0") for number in range(count))
    assert len(text) <= ROOM
    assert text.startswith("project-0 1.0")
    if count >= 40:
        named = text.count("project-")
        assert text.endswith(f"and {count - named} more")


@pytest.mark.parametrize(
    ("layers", "position", "expected"),
    [
        ((), None, "D2"),
        (("A", "B"), None, "A B D2"),
        (("A", "D1", "B"), None, "A D2 B"),
        (("A", "D2", "B"), None, "A D2 B"),
        (("A", "D1", "B"), 1, "D2 A B"),
        (("D1", "A", "B"), 3, "A B D2"),
        (("A",), 5, "A D2"),
    ],
)
def test_with_layer(layers: tuple[str, ...], position: int | None, expected: str) -> None:
    """A version takes the place of another of its layer, else the end, else the place that is named."""
    arns = {name: f"{LAYER}-{name[0]}:{name[1:] or 1}" for name in ("A", "B", "D1", "D2")}
    found = with_layer([arns[name] for name in layers], arns["D2"], position)
    assert found == tuple(arns[name] for name in expected.split())


def test_without_layer() -> None:
    """Only that layer is taken away, in whichever version."""
    assert without_layer([f"{LAYER}:3", f"{LAYER}-more:1"], LAYER) == (f"{LAYER}-more:1",)


@pytest.mark.parametrize(
    ("text", "grant"),
    [
        ("123456789012", Grant("123456789012")),
        ("o-a1b2c3d4e5", Grant("*", "o-a1b2c3d4e5")),
        ("everyone", Grant("*")),
        ("*", Grant("*")),
    ],
)
def test_grants(text: str, grant: Grant) -> None:
    """Whom a layer is shared with is an account, an organisation, or everyone."""
    assert Grant.read(text) == grant
    assert grant.statement_id.startswith("lambda-wheels-")
