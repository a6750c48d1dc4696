"""Build AWS Lambda layers from wheels, on any machine, without Docker."""

import logging

from lambda_wheels.build import build_layer, fetch_wheels
from lambda_wheels.errors import (
    CannotBuildError,
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
from lambda_wheels.layers import Layer, LayerWheel
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.progress import Progress, ProgressEvent, Stage
from lambda_wheels.resolution import IndexOptions
from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Runtime, Target

__all__ = [
    "ARCHITECTURES",
    "RUNTIMES",
    "CannotBuildError",
    "IndexOptions",
    "IndexUnavailableError",
    "LambdaWheelsError",
    "Layer",
    "LayerError",
    "LayerWheel",
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
    "fetch_wheels",
]

# A library prints nothing; without a handler, logging would print warnings by itself.
logging.getLogger(__name__).addHandler(logging.NullHandler())
