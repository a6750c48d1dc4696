"""A function's configuration: read, changed, waited for. (Asks AWS.)"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from lambda_wheels.aws.arns import LayerVersionArn
from lambda_wheels.aws.failures import AWS_ERRORS, answering, code_of, is_doubtful, is_gone, problem_of
from lambda_wheels.aws.fits import Compatible, Function
from lambda_wheels.aws.patience import Patience
from lambda_wheels.aws.remote_zip import unzipped_size
from lambda_wheels.errors import AwsError, AwsRefusedError, LambdaWheelsError
from lambda_wheels.problems import Problem

_UPDATE_TIME: Final = 300.0
"""Seconds for an update to finish: what the waiter ``function_updated_v2`` of boto3 takes."""
_ASK_EVERY: Final = 1.0


class Offered(NamedTuple):
    """A layer version, as far as it decides who can have it."""

    compatible: Compatible
    unzipped_size: int | None
    """Bytes; None where they are not to be had."""


def read_function(client: Any, name: str, patience: Patience | None) -> Function:
    """The function, once no update of it is in progress.

    :param patience: None to take it as it is, without waiting.
    :raises AwsRefusedError: there is none.
    :raises AwsError: it is still being updated after five minutes.
    """
    try:
        with answering(f"reading {name}"):
            return function_of(_settled(client, name, patience))
    except AWS_ERRORS as error:
        if is_gone(error):
            raise AwsRefusedError(_no_function(client, name)) from error
        raise


def function_of(said: dict[str, Any]) -> Function:
    """The function in an answer of AWS."""
    return Function(
        said["FunctionName"],
        said["FunctionArn"],
        said.get("Runtime") or "",
        (said.get("Architectures") or ["x86_64"])[0],
        said.get("PackageType") == "Image",
        tuple(str(layer["Arn"]) for layer in said.get("Layers") or ()),
        said.get("RevisionId") or "",
        _failure(said),
    )


def change_layers(client: Any, function: Function, layers: Sequence[str]) -> Problem | None:
    """Ask for the change, guarded by the revision that was read; what to say if it never comes to more than this.

    That is so where somebody else was faster, or still is, and after an answer that leaves doubt: what came of it is
    seen when the function is read again.
    """
    action = f"changing {function.name}"
    try:
        with answering(action):
            said = client.update_function_configuration(
                FunctionName=function.arn, Layers=list(layers), RevisionId=function.revision
            )
            function_of(said)
    except AwsError as error:
        return error.problems[0]
    except AWS_ERRORS as error:
        if code_of(error) in {"PreconditionFailedException", "ResourceConflictException"}:
            return changed_meanwhile(function.name)
        if is_doubtful(error):
            return problem_of(error, action)
        raise
    return None


def changed_meanwhile(name: str) -> Problem:
    """Somebody else changes the function each time."""
    message = f"{name} was changed by somebody else again and again"
    return Problem(rule="changed-meanwhile", message=message, hint="try again")


def publish_version(client: Any, function: Function) -> str:
    """A version of the function as it is now; AWS makes none where nothing changed since the last.

    :raises AwsError: it could not be made.
    """
    action = f"making a version of {function.name}"
    try:
        with answering(action):
            return str(client.publish_version(FunctionName=function.arn)["Version"])
    except AWS_ERRORS as error:
        raise AwsError(problem_of(error, action)) from error


def size_of_code(client: Any, function: Function) -> int | None:
    """Bytes unzipped of the function's own code; None where that is not to be had."""
    try:
        with answering(f"reading {function.name}"):
            location = str(client.get_function(FunctionName=function.arn)["Code"].get("Location", ""))
    except (*AWS_ERRORS, AwsError):
        return None
    return unzipped_size(location, client)


def layer_version(client: Any, arn: str) -> dict[str, Any]:
    """What AWS says of a layer version; it has the members ``LayerVersionArn`` and ``Content``.

    :raises AwsRefusedError: there is no such version.
    :raises AwsError: AWS does not say.
    """
    which = LayerVersionArn.read(arn)
    action = f"asking for {which}"
    try:
        with answering(action):
            said: dict[str, Any] = client.get_layer_version(LayerName=which.layer, VersionNumber=which.version)
            return {"LayerVersionArn": said["LayerVersionArn"], "Content": said["Content"], **said}
    except AWS_ERRORS as error:
        if is_gone(error):
            message, hint = f"there is no layer version {which}", "publish it first, or was it pruned?"
            raise AwsRefusedError(Problem(rule="no-such-layer-version", message=message, hint=hint)) from error
        raise AwsError(problem_of(error, action)) from error


def offered(client: Any, arn: str) -> Offered:
    """What a layer version asks of a function.

    :raises AwsRefusedError: there is no such version.
    :raises AwsError: AWS does not say.
    """
    said = layer_version(client, arn)
    compatible = Compatible(said.get("CompatibleRuntimes") or (), said.get("CompatibleArchitectures") or ())
    return Offered(compatible, unzipped_size(str(said["Content"].get("Location", "")), client))


def size_of_layer(client: Any, arn: str) -> int | None:
    """Bytes unzipped of a layer that is there already: it may be another account's, which we may not read."""
    try:
        return offered(client, arn).unzipped_size
    except LambdaWheelsError:
        return None


def _settled(client: Any, name: str, patience: Patience | None) -> dict[str, Any]:
    """The configuration, once nothing is in progress; without ``patience`` as it is."""
    until = time.monotonic() + _UPDATE_TIME
    while True:
        said: dict[str, Any] = client.get_function_configuration(FunctionName=name)
        is_settled = said.get("LastUpdateStatus") != "InProgress" and said.get("State") != "Pending"
        if is_settled or patience is None:
            return said
        if time.monotonic() > until:
            message = f"{name} was still being updated after {_UPDATE_TIME:.0f} seconds"
            raise AwsError(Problem(rule="aws-failed", message=message, hint="try again later"))
        patience.pause(_ASK_EVERY)


def _failure(said: dict[str, Any]) -> str:
    """Lambda's reason where the last update failed."""
    if said.get("LastUpdateStatus") != "Failed":
        return ""
    code = said.get("LastUpdateStatusReasonCode")
    return " ".join(
        filter(None, (said.get("LastUpdateStatusReason") or "no reason given", f"({code})" if code else ""))
    )


def _no_function(client: Any, name: str) -> Problem:
    message = f"there is no function {name} in {client.meta.region_name}"
    return Problem(rule="no-such-function", message=message, hint="is it in another region? --region names that")
