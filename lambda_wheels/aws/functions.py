"""A function's configuration: read, changed, waited for. (Asks AWS.)"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from lambda_wheels.aws.arns import LayerVersionArn
from lambda_wheels.aws.failures import AWS_ERRORS, code_of, is_doubtful, is_gone
from lambda_wheels.aws.fits import Compatible, Function
from lambda_wheels.aws.patience import Patience
from lambda_wheels.aws.remote_zip import unzipped_size
from lambda_wheels.errors import AwsError, AwsRefusedError
from lambda_wheels.problems import Problem

_UPDATE_TIME: Final = 300.0
"""Seconds for an update to finish: what the waiter ``function_updated_v2`` of boto3 takes."""
_ASK_EVERY: Final = 1.0


def read_function(client: Any, name: str, patience: Patience) -> Function:
    """The function, once no update of it is in progress.

    :raises AwsRefusedError: there is none.
    :raises AwsError: it is still being updated after five minutes.
    """
    try:
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
        tuple(layer["Arn"] for layer in said.get("Layers") or ()),
        said.get("RevisionId") or "",
        _failure(said),
    )


def change_layers(client: Any, function: Function, layers: Sequence[str]) -> bool:
    """Ask for the change, guarded by the revision that was read; no if somebody else was faster, or still is.

    An answer that leaves doubt counts as no: what came of it is seen when the function is read again.
    """
    try:
        client.update_function_configuration(
            FunctionName=function.arn, Layers=list(layers), RevisionId=function.revision
        )
    except AWS_ERRORS as error:
        if code_of(error) in {"PreconditionFailedException", "ResourceConflictException"} or is_doubtful(error):
            return False
        raise
    return True


def publish_version(client: Any, function: Function) -> str:
    """A version of the function as it is now; AWS makes none where nothing changed since the last."""
    return str(client.publish_version(FunctionName=function.arn)["Version"])


def size_of_code(client: Any, function: Function) -> int | None:
    """Bytes unzipped of the function's own code; None where that is not to be had."""
    try:
        code = client.get_function(FunctionName=function.arn).get("Code", {})
    except AWS_ERRORS:
        return None
    return unzipped_size(str(code.get("Location", "")))


def layer_version(client: Any, arn: str) -> tuple[Compatible, int | None] | None:
    """What a layer version says of itself, and its bytes unzipped if they can be had; None where it is gone."""
    which = LayerVersionArn.read(arn)
    try:
        said = client.get_layer_version(LayerName=which.layer, VersionNumber=which.version)
    except AWS_ERRORS as error:
        if is_gone(error):
            return None
        raise
    compatible = Compatible(said.get("CompatibleRuntimes") or (), said.get("CompatibleArchitectures") or ())
    return compatible, unzipped_size(str(said["Content"].get("Location", "")))


def _settled(client: Any, name: str, patience: Patience) -> dict[str, Any]:
    """The configuration, once nothing is in progress."""
    until = time.monotonic() + _UPDATE_TIME
    while True:
        said: dict[str, Any] = client.get_function_configuration(FunctionName=name)
        if said.get("LastUpdateStatus") != "InProgress" and said.get("State") != "Pending":
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
