"""The names that AWS gives to layers, their versions and functions. (Pure.)

Source: AWS, "Actions, resources, and condition keys for AWS Lambda" and the patterns of the API's reference.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from lambda_wheels.errors import UsageError
from lambda_wheels.problems import Problem

_PREFIX: Final = r"arn:[\w-]+:lambda:(?P<region>[\w-]+):(?P<account>\d{12}):"
_NUMBER: Final = r"\d{1,18}"
"""A version: the API's ``long``."""
_VERSION: Final = re.compile(rf"(?P<layer>{_PREFIX}layer:(?P<name>[\w-]{{1,140}})):(?P<version>{_NUMBER})", re.ASCII)
_LAYER: Final = re.compile(rf"(?P<layer>{_PREFIX}layer:(?P<name>[\w-]{{1,140}}))(?::{_NUMBER})?", re.ASCII)
_QUALIFIER: Final = r"\$LATEST(?:\.PUBLISHED)?|[\w-]+"
_FUNCTION: Final = re.compile(rf"{_PREFIX}function:(?P<name>[\w-]{{1,140}})(?::(?:{_QUALIFIER}))?", re.ASCII)
_FUNCTION_NAME: Final = re.compile(rf"(?:\d{{12}}:)?(?:function:)?[\w-]+(?::(?:{_QUALIFIER}))?", re.ASCII)
_REGION: Final = re.compile(r"[\w-]+", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,140}")


class LayerVersionArn(NamedTuple):
    """``arn:aws:lambda:eu-west-1:123456789012:layer:duckdb:7``, taken apart."""

    layer: str
    """The ARN without the version: what two versions of a layer have in common."""
    region: str
    account: str
    name: str
    version: int

    def __str__(self) -> str:
        return f"{self.layer}:{self.version}"

    @classmethod
    def read(cls, text: str) -> LayerVersionArn:
        """Take ``text`` apart.

        :raises UsageError: it is not the ARN of a layer version.
        """
        if (match := _VERSION.fullmatch(str(text))) is None:
            hint = "it ends in a number, as arn:aws:lambda:eu-west-1:123456789012:layer:duckdb:7 does"
            if (layer := _LAYER.fullmatch(str(text))) is not None:
                hint = f"a version is wanted: {layer['layer']}:1 is its first"
            raise UsageError(Problem(rule="bad-arn", message=f"{text!r} is not the ARN of a layer version", hint=hint))
        return cls(match["layer"], match["region"], match["account"], match["name"], int(match["version"]))


def is_arn(text: str) -> bool:
    """Whether ``text`` is meant as an ARN."""
    return text.startswith("arn:")


def layer_of(arn: str) -> str:
    """The ARN of a layer, of that or of one of its versions; other text as it is. ``foo`` is not ``foo-bar``."""
    match = _LAYER.fullmatch(arn)
    return match["layer"] if match else arn


def read_layer(text: object) -> str:
    """The ARN of a layer, in the ARN of that or of one of its versions.

    :raises UsageError: it is neither.
    """
    match = _LAYER.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        hint = "it is as arn:aws:lambda:eu-west-1:123456789012:layer:duckdb, and may end in the number of a version"
        raise UsageError(Problem(rule="bad-arn", message=f"{text!r} is not the ARN of a layer", hint=hint))
    return match["layer"]


def short_arn(arn: str) -> str:
    """``duckdb:7``, of the ARN of a layer version; other text as it is."""
    return ":".join(arn.split(":")[6:]) or arn


def region_in(arn: str) -> str:
    """The region in an ARN that was read."""
    return arn.split(":")[3]


def check_region(region: str | None) -> None:
    """Refuse what no region is called: the empty string, which an unset variable is, or something else than a name.

    :raises UsageError: it is that.
    """
    if region is not None and not _REGION.fullmatch(region):
        message = f"{region!r} is not the name of a region" if region else "the region has no name"
        raise UsageError(Problem(rule="no-region", message=message, hint="eu-west-1 is one"))


def is_layer_name(text: object) -> bool:
    """Whether AWS takes ``text`` as the name of a layer."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def bad_layer_name(text: object) -> Problem:
    """What is said of what is none."""
    hint = "1 to 140 letters, digits, hyphens and underscores"
    return Problem(rule="bad-layer-name", message=f"{text!r} is not the name of a layer", hint=hint)


def is_function_name(text: str) -> bool:
    """Whether ``text`` may be a function's name, with its account and a version or an alias, but is no whole ARN."""
    return _FUNCTION_NAME.fullmatch(text) is not None


def region_of_function(function: str) -> str | None:
    """The region in a function's ARN; None for a plain name."""
    match = _FUNCTION.fullmatch(function)
    return match["region"] if match else None


def qualifier_of(function: str) -> str:
    """The version or alias in the name of a function, ``live`` in ``my-function:live``; empty where there is none."""
    return function.rpartition(":function:")[2].partition(":")[2]


def layer_in(function_arn: str, name: str) -> str:
    """The ARN of the layer ``name`` in the account and region of a function."""
    return f"{function_arn.split(':function:')[0]}:layer:{name}"
