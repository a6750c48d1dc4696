"""Build AWS Lambda layers from wheels, on any machine, without Docker."""

import logging
import typing

from lambda_wheels.doors import opened_later as _opened_later

if typing.TYPE_CHECKING:
    from lambda_wheels.aws.attach import attach_layer, detach_layer
    from lambda_wheels.aws.inspect import inspect_function, inspect_layer
    from lambda_wheels.aws.inspection import FunctionInspection, InspectedProject, LayerInspection
    from lambda_wheels.aws.prune import prune_layer
    from lambda_wheels.aws.publish import publish_layer
    from lambda_wheels.aws.results import (
        Attachment,
        Attachments,
        LayerChange,
        LayerVersion,
        LayerVersions,
        Pruned,
        PublishOutcome,
    )
    from lambda_wheels.build import build_layer, fetch_wheels
    from lambda_wheels.checking import check
    from lambda_wheels.errors import (
        AwsError,
        AwsRefusedError,
        CannotBuildError,
        ImportsNotTriedError,
        IndexUnavailableError,
        LambdaWheelsError,
        LayerError,
        OutputError,
        OutputRefusedError,
        PipError,
        PublishError,
        ResolutionError,
        SurroundingsError,
        UsageError,
        WheelError,
    )
    from lambda_wheels.explaining import explain
    from lambda_wheels.layers import Layer, LayerWheel
    from lambda_wheels.locking import lock
    from lambda_wheels.problems import Problem, Severity
    from lambda_wheels.progress import Progress, ProgressEvent, Stage
    from lambda_wheels.resolution import IndexOptions
    from lambda_wheels.resolution.explanation import ExplainedProject, Explanation
    from lambda_wheels.resolution.lock_changes import LockChange
    from lambda_wheels.resolution.lock_result import Lock, LockedProject, LockedWheel
    from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Runtime, Target

__all__ = [
    "ARCHITECTURES",
    "RUNTIMES",
    "Attachment",
    "Attachments",
    "AwsError",
    "AwsRefusedError",
    "CannotBuildError",
    "ExplainedProject",
    "Explanation",
    "FunctionInspection",
    "ImportsNotTriedError",
    "IndexOptions",
    "IndexUnavailableError",
    "InspectedProject",
    "LambdaWheelsError",
    "Layer",
    "LayerChange",
    "LayerError",
    "LayerInspection",
    "LayerVersion",
    "LayerVersions",
    "LayerWheel",
    "Lock",
    "LockChange",
    "LockedProject",
    "LockedWheel",
    "OutputError",
    "OutputRefusedError",
    "PipError",
    "Problem",
    "Progress",
    "ProgressEvent",
    "Pruned",
    "PublishError",
    "PublishOutcome",
    "ResolutionError",
    "Runtime",
    "Severity",
    "Stage",
    "SurroundingsError",
    "Target",
    "UsageError",
    "WheelError",
    "attach_layer",
    "build_layer",
    "check",
    "detach_layer",
    "explain",
    "fetch_wheels",
    "inspect_function",
    "inspect_layer",
    "lock",
    "prune_layer",
    "publish_layer",
]

# A library prints nothing; without a handler, logging would print warnings by itself.
logging.getLogger(__name__).addHandler(logging.NullHandler())

_LATER = {
    "ARCHITECTURES": "targets",
    "RUNTIMES": "targets",
    "Attachment": "aws.results",
    "Attachments": "aws.results",
    "AwsError": "errors",
    "AwsRefusedError": "errors",
    "CannotBuildError": "errors",
    "ExplainedProject": "resolution.explanation",
    "Explanation": "resolution.explanation",
    "FunctionInspection": "aws.inspection",
    "ImportsNotTriedError": "errors",
    "IndexOptions": "resolution",
    "IndexUnavailableError": "errors",
    "InspectedProject": "aws.inspection",
    "LambdaWheelsError": "errors",
    "Layer": "layers",
    "LayerChange": "aws.results",
    "LayerError": "errors",
    "LayerInspection": "aws.inspection",
    "LayerVersion": "aws.results",
    "LayerVersions": "aws.results",
    "LayerWheel": "layers",
    "Lock": "resolution.lock_result",
    "LockChange": "resolution.lock_changes",
    "LockedProject": "resolution.lock_result",
    "LockedWheel": "resolution.lock_result",
    "OutputError": "errors",
    "OutputRefusedError": "errors",
    "PipError": "errors",
    "Problem": "problems",
    "Progress": "progress",
    "ProgressEvent": "progress",
    "Pruned": "aws.results",
    "PublishError": "errors",
    "PublishOutcome": "aws.results",
    "ResolutionError": "errors",
    "Runtime": "targets",
    "Severity": "problems",
    "Stage": "progress",
    "SurroundingsError": "errors",
    "Target": "targets",
    "UsageError": "errors",
    "WheelError": "errors",
    "attach_layer": "aws.attach",
    "build_layer": "build",
    "check": "checking",
    "detach_layer": "aws.attach",
    "explain": "explaining",
    "fetch_wheels": "build",
    "inspect_function": "aws.inspect",
    "inspect_layer": "aws.inspect",
    "lock": "locking",
    "prune_layer": "aws.prune",
    "publish_layer": "aws.publish",
}
"""All of them: whoever asks for one is spared the rest, and the command is soon where Ctrl-C ends it in order."""


__getattr__ = _opened_later(__name__, _LATER)


def __dir__() -> list[str]:
    """What is public."""
    return __all__
