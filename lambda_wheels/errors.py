"""Every exception this library raises, in one tree. (Pure.)

::

    LambdaWheelsError                   the root; carries ``problems``, one line each
    ├── UsageError                      the call itself makes no sense: an unknown runtime, no requirement    exit 2
    ├── CannotBuildError                it cannot be done as asked                                           exit 1
    │   ├── ResolutionError             pip found no set of wheels that fits, or what it found is not right
    │   ├── WheelError                  wheels that are not what they claim, or do not run on the target
    │   ├── LayerError                  sound wheels that do not make a layer: too large, two files at one path, or
    │   │                               nobody to compile the bytecode that is wanted
    │   ├── OutputRefusedError          the output names something that is not to be overwritten
    │   ├── AwsRefusedError             a layer that AWS does not take as asked, or a function that cannot have it
    │   └── PublishError                a layer could not be published in every region
    └── SurroundingsError               index, network, disk, pip or AWS failed; trying again may help       exit 3
        ├── IndexUnavailableError       an index, or a file of it, could not be read
        ├── OutputError                 the output or the store cannot be written
        ├── PipError                    pip is missing, too old, too new, silent, or ended in a way we cannot read
        ├── ImportsNotTriedError        nothing here can run the target's Python, so a layer cannot be imported
        └── AwsError                    AWS cannot be reached, asks for patience, or does not let us

Problems are collected and raised once: ``error.problems`` has all that were found, ``str(error)`` one line for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from lambda_wheels.problems import Problem


class LambdaWheelsError(Exception):
    """The root of the tree.

    :ivar problems: what was found, at least one.
    :cvar exit_code: what the command returns when this ends it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class UsageError(LambdaWheelsError):
    """The call itself makes no sense, whatever the wheels or the network."""

    exit_code = 2


class CannotBuildError(LambdaWheelsError):
    """It cannot be done as asked; the same call will fail again."""


class ResolutionError(CannotBuildError):
    """pip found no set of wheels for the target, or what it found does not hold."""


class WheelError(CannotBuildError):
    """Wheels that are not what they claim to be, or that do not run on the target."""


class LayerError(CannotBuildError):
    """Sound wheels that do not make a layer together, or not with bytecode."""


class OutputRefusedError(CannotBuildError):
    """The output names something that we will not overwrite, or that cannot become a layer."""


class AwsRefusedError(CannotBuildError):
    """AWS does not take a layer as it is asked to, or a function cannot have it."""


class PublishError(CannotBuildError):
    """A layer could not be published in every region; in the others it is there."""


class SurroundingsError(LambdaWheelsError):
    """What is around us failed; the same call may succeed later."""

    exit_code = 3


class IndexUnavailableError(SurroundingsError):
    """An index, or a file it lists, could not be read."""


class OutputError(SurroundingsError):
    """The output, or the store, cannot be read or written."""


class PipError(SurroundingsError):
    """The pip child could not be used, or ended in a way that we cannot read."""


class ImportsNotTriedError(SurroundingsError):
    """A layer cannot be imported here: nothing runs the Python that it is for."""


class AwsError(SurroundingsError):
    """AWS cannot be reached, asks for patience, or does not let us; what was done is not done twice."""
