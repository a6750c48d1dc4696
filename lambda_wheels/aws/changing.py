"""Changing the list of layers of one function, until it is as it is to be. (Asks AWS.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from lambda_wheels.aws.fits import Function
from lambda_wheels.aws.functions import change_layers, publish_version, read_function
from lambda_wheels.aws.patience import Patience, pauses
from lambda_wheels.aws.results import Attachment, LayerChange
from lambda_wheels.errors import AwsRefusedError
from lambda_wheels.problems import Problem, Severity


class Edit(NamedTuple):
    """What is to be made of a function's list."""

    layers_of: Callable[[Function], tuple[str, ...]]
    """The list that the function is to have."""
    problems_of: Callable[[Function, Sequence[str]], Iterable[Problem]]
    """What is in the way of that list."""
    done: LayerChange
    planned: LayerChange
    nothing: LayerChange
    """Where it is so already."""


class How(NamedTuple):
    """What the caller wants besides."""

    publish: bool
    """A version of the function afterwards."""
    restore: bool
    """The former list back, if Lambda fails to update the function."""
    dry_run: bool


def change_function(client: Any, name: str, edit: Edit, how: How, patience: Patience) -> Attachment:
    """Read the list, change it, read it again: what somebody else did meanwhile stays."""
    function = first = read_function(client, name, patience)
    problems: tuple[Problem, ...] = ()
    changed = taken = False

    def told(change: LayerChange, layers: Sequence[str], version: str | None = None) -> Attachment:
        return Attachment(
            function=name,
            change=change,
            layers_before=first.layers,
            layers=tuple(layers),
            function_version=version,
            problems=problems,
        )

    for pause in pauses():
        layers = edit.layers_of(function)
        if function.failure and (taken or (changed and layers == function.layers)):
            problems, layers = _failed(client, first, function, how, patience)
            return told(LayerChange.FAILED, layers)
        if layers == function.layers:
            break
        if not changed:
            problems = tuple(dict.fromkeys(edit.problems_of(function, layers)))
            if any(problem.severity is Severity.ERROR for problem in problems):
                return told(LayerChange.FAILED, first.layers)
            if how.dry_run:
                return told(edit.planned, layers)
        changed = True
        taken = change_layers(client, function, layers)
        if not taken:  # somebody else was faster, or nobody knows
            patience.pause(pause)
        function = read_function(client, name, patience)
    else:
        message = f"{name} was changed by somebody else again and again"
        raise AwsRefusedError(Problem(rule="changed-meanwhile", message=message, hint="try again"))
    version = publish_version(client, function) if how.publish and not how.dry_run else None
    return told(edit.done if changed else edit.nothing, layers, version)


def _failed(
    client: Any, first: Function, function: Function, how: How, patience: Patience
) -> tuple[tuple[Problem, ...], tuple[str, ...]]:
    """What is said where Lambda could not update the function, and the layers that it has then."""
    message = f"Lambda could not update {function.name}: {function.failure}"
    hint = None if how.restore else "--restore puts the former list back"
    failed = Problem(rule="update-failed", message=message, hint=hint)
    if not how.restore:
        return (failed,), function.layers
    if change_layers(client, function, first.layers):
        function = read_function(client, function.arn, patience)
    if not function.failure and function.layers == first.layers:
        return (failed,), function.layers
    message = f"the former layers of {function.name} could not be put back"
    hint = "look at the function, and attach them"
    return (failed, Problem(rule="update-failed", message=message, hint=hint)), function.layers
