"""The names that AWS gives to layers, their versions and functions. (Pure.)

Source: AWS, "Actions, resources, and condition keys for AWS Lambda" and the patterns of the API's reference.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from lambda_wheels.errors import UsageError
from lambda_wheels.problems import Problem

_PREFIX: Final = r"arn:[\w-]+:lambda:(?P<region>[\w-]+):(?P<account>\d{12}):"
_VERSION: Final = re.compile(rf"(?P<layer>{_PREFIX}layer:(?P<name>[\w-]{{1,140}})):(?P<version>\d+)", re.ASCII)
_LAYER: Final = re.compile(rf"(?P<layer>{_PREFIX}layer:(?P<name>[\w-]{{1,140}}))(?::\d+)?", re.ASCII)
_FUNCTION: Final = re.compile(rf"{_PREFIX}function:(?P<name>[\w-]{{1,64}})(?::(?P<qualifier>[\w$-]+))?", re.ASCII)
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
        if (match := _VERSION.fullmatch(text)) is None:
            hint = "it ends in a number, as arn:aws:lambda:eu-west-1:123456789012:layer:duckdb:7 does"
            if (layer := _LAYER.fullmatch(text)) is not None:
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


def is_layer_name(text: str) -> bool:
    """Whether AWS takes ``text`` as the name of a layer."""
    return _NAME.fullmatch(text) is not None


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
