"""Whether a function can have a list of layers. (Pure.)

AWS says no to most of it itself, but only after the call, and to some of it never: a layer of another architecture is
taken, and found out by the first invocation. Source: AWS, "Lambda quotas", "Adding layers to functions".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from lambda_wheels.aws.arns import layer_of, short_arn
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.targets.limits import UNZIPPED_LIMIT

MOST_LAYERS: Final = 5
"""Layers of one function."""


class Function(NamedTuple):
    """What of a function decides which layers it can have."""

    name: str
    arn: str
    """With a version or an alias if one was named."""
    runtime: str
    architecture: str
    is_image: bool
    """Whether it is a container image, which has its own files."""
    layers: tuple[str, ...]
    """The ARNs of its layer versions, in the order in which they are unpacked."""
    revision: str
    failure: str = ""
    """Why its last update failed; empty where it did not."""


class Compatible(NamedTuple):
    """Where a layer version says that it runs; empty where it says nothing."""

    runtimes: Collection[str]
    architectures: Collection[str]


def with_layer(layers: Sequence[str], arn: str, position: int | None = None) -> tuple[str, ...]:
    """``layers`` with the version ``arn``: in place of another version of that layer, else at the end.

    :param position: its place, counted from 1, whether the layer was there or not.
    """
    same = [index for index, one in enumerate(layers) if layer_of(one) == layer_of(arn)]
    others = [one for one in layers if layer_of(one) != layer_of(arn)]
    place = position - 1 if position is not None else same[0] if same else len(others)
    return (*others[:place], arn, *others[place:])


def without_layer(layers: Sequence[str], layer: str) -> tuple[str, ...]:
    """``layers`` without any version of ``layer``, an ARN that has no version."""
    return tuple(one for one in layers if layer_of(one) != layer)


def check_fit(function: Function, arn: str, layers: Sequence[str], compatible: Compatible) -> Iterator[Problem]:
    """What keeps ``function`` from having the version ``arn`` among ``layers``."""
    if function.is_image:
        yield _unfit(
            "image-function",
            f"{function.name} is a container image, which takes no layers",
            "put the projects into the image",
        )
        return
    if len(layers) > MOST_LAYERS:
        yield _unfit(
            "too-many-layers",
            f"{function.name} would have {len(layers)} layers; a function has at most {MOST_LAYERS}: "
            + ", ".join(short_arn(one) for one in layers),
            "detach one, or build one layer of several",
        )
    if compatible.runtimes and function.runtime not in compatible.runtimes:
        yield _unfit(
            "layer-unfit",
            f"{function.name} is {function.runtime or 'of no runtime'}; {short_arn(arn)} is for "
            + ", ".join(sorted(compatible.runtimes)),
            "build the layer for that runtime",
        )
    if compatible.architectures and function.architecture not in compatible.architectures:
        yield _unfit(
            "layer-unfit",
            f"{function.name} runs on {function.architecture}; {short_arn(arn)} is for "
            + ", ".join(sorted(compatible.architectures)),
            "build the layer for that architecture",
        )


def check_sizes(function: Function, code: int | None, layers: Mapping[str, int | None]) -> Iterator[Problem]:
    """Whether the function's code and all its layers fit together.

    :param code: bytes unzipped; None where they are not known, as in ``layers``.
    """
    known = (code or 0) + sum(size or 0 for size in layers.values())
    unknown = [
        *(["its code"] if code is None else []),
        *(short_arn(arn) for arn, size in layers.items() if size is None),
    ]
    parts = [f"code {code:,}"] if code is not None else []
    parts += [f"{short_arn(arn)} {size:,}" for arn, size in layers.items() if size is not None]
    if known > UNZIPPED_LIMIT:
        yield _unfit(
            "function-too-large",
            f"{function.name} would be {known:,} bytes unzipped, {known - UNZIPPED_LIMIT:,} more than Lambda's "
            f"{UNZIPPED_LIMIT:,}: {', '.join(parts)}",
            "leave out a project or a layer, or build a container image instead",
        )
    elif unknown:
        yield Problem(
            rule="size-unknown",
            severity=Severity.WARNING,
            message=f"{function.name}: the unzipped size of {' and '.join(unknown)} could not be read, "
            f"so that the limit of {UNZIPPED_LIMIT:,} bytes is left to AWS",
        )


def _unfit(rule: str, message: str, hint: str) -> Problem:
    return Problem(rule=rule, message=message, hint=hint)
