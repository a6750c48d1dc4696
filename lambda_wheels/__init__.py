"""Build AWS Lambda layers from wheels, on any machine, without Docker."""

import logging
import typing

from lambda_wheels.doors import opened_later as _opened_later
from lambda_wheels.errors import (
    CannotBuildError,
    ImportsNotTriedError,
    IndexUnavailableError,
    LambdaWheelsError,
    LayerError,
    OutputError,
    OutputRefusedError,
    PipError,
    ResolutionError,
    SurroundingsError,
    UsageError,
    WheelError,
)
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.progress import Progress, ProgressEvent, Stage
from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Runtime, Target

if typing.TYPE_CHECKING:
    from lambda_wheels.build import build_layer, fetch_wheels
    from lambda_wheels.checking import check
    from lambda_wheels.explaining import explain
    from lambda_wheels.layers import Layer, LayerWheel
    from lambda_wheels.locking import lock
    from lambda_wheels.resolution import IndexOptions
    from lambda_wheels.resolution.explanation import ExplainedProject, Explanation
    from lambda_wheels.resolution.lock_changes import LockChange
    from lambda_wheels.resolution.lock_result import Lock, LockedProject, LockedWheel

__all__ = [
    "ARCHITECTURES",
    "RUNTIMES",
    "CannotBuildError",
    "ExplainedProject",
    "Explanation",
    "ImportsNotTriedError",
    "IndexOptions",
    "IndexUnavailableError",
    "LambdaWheelsError",
    "Layer",
    "LayerError",
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
    "ResolutionError",
    "Runtime",
    "Severity",
    "Stage",
    "SurroundingsError",
    "Target",
    "UsageError",
    "WheelError",
    "build_layer",
    "check",
    "explain",
    "fetch_wheels",
    "lock",
]

# A library prints nothing; without a handler, logging would print warnings by itself.
logging.getLogger(__name__).addHandler(logging.NullHandler())

_LATER = {
    "ExplainedProject": "resolution.explanation",
    "Explanation": "resolution.explanation",
    "IndexOptions": "resolution",
    "Layer": "layers",
    "LayerWheel": "layers",
    "Lock": "resolution.lock_result",
    "LockChange": "resolution.lock_changes",
    "LockedProject": "resolution.lock_result",
    "LockedWheel": "resolution.lock_result",
    "build_layer": "build",
    "check": "checking",
    "explain": "explaining",
    "fetch_wheels": "build",
    "lock": "locking",
}
"""Names that bring most of the package along: a script that asks for a target, or may build nothing, is spared that."""


__getattr__ = _opened_later(__name__, _LATER)


def __dir__() -> list[str]:
    """What is public."""
    return __all__
