"""Changing the list of layers of one function, until it is as it is to be. (Asks AWS.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from lambda_wheels.aws.failures import AWS_ERRORS, problem_of
from lambda_wheels.aws.fits import Function
from lambda_wheels.aws.functions import change_layers, changed_meanwhile, publish_version, read_function
from lambda_wheels.aws.patience import Patience, pauses
from lambda_wheels.aws.results import Attachment, LayerChange
from lambda_wheels.errors import LambdaWheelsError, UsageError
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
    """Read the list, change it, read it again: what somebody else did meanwhile stays.

    :raises UsageError: the call makes no sense. Every other failure is in what is returned.
    """
    change = _Change(client, name, edit, how, patience)
    try:
        return change.run()
    except UsageError:
        raise
    except LambdaWheelsError as error:
        return change.failed(*error.problems)
    except AWS_ERRORS as error:
        return change.failed(problem_of(error, f"changing {name}"))


class _Tried(NamedTuple):
    """The last call that was made to change a list."""

    former: tuple[str, ...]
    """What was read just before."""
    wanted: tuple[str, ...]
    trouble: Problem | None
    """What came in place of a yes."""


class _Change:
    """One change, and how far it has come: what is known is told whatever happens."""

    def __init__(self, client: Any, name: str, edit: Edit, how: How, patience: Patience) -> None:
        self._client = client
        self._name = name
        self._edit = edit
        self._how = how
        self._patience = patience
        self._first: Function | None = None
        self._layers: tuple[str, ...] = ()
        """Those that the function has, as far as is known."""
        self._errors: tuple[Problem, ...] = ()
        self._warnings: tuple[Problem, ...] = ()

    def run(self) -> Attachment:
        """Do it."""
        function = self._read()
        tried: _Tried | None = None
        for pause in (*pauses(), None):
            layers = self._edit.layers_of(function)
            if tried and function.failure and (tried.trouble is None or layers == function.layers):
                return self._not_updated(function, tried)
            if layers == function.layers:
                return self._as_wanted(function, is_changed=tried is not None)
            if tried is None and (early := self._before(function, layers)) is not None:
                return early
            if pause is None:  # the last one only looks at what came of the last try
                break
            self._patience.pause(0)  # nothing is begun where the job was given up meanwhile
            tried = _Tried(function.layers, layers, change_layers(self._client, function, layers))
            if tried.trouble is None:
                self._layers = layers
            else:  # somebody else was faster, or nobody knows
                self._patience.pause(pause)
            function = self._read()
        return self.failed((tried and tried.trouble) or changed_meanwhile(self._name))

    def failed(self, *problems: Problem) -> Attachment:
        """What is said where it failed."""
        self._errors += problems
        return self._told(LayerChange.FAILED, self._layers)

    def _read(self) -> Function:
        function = read_function(self._client, self._name, self._patience)
        self._first = self._first or function
        self._layers = function.layers
        return function

    def _before(self, function: Function, layers: tuple[str, ...]) -> Attachment | None:
        """What is said if it ends here: it cannot work, or is not to be done."""
        problems = tuple(dict.fromkeys(self._edit.problems_of(function, layers)))
        self._warnings = tuple(one for one in problems if one.severity is not Severity.ERROR)
        if errors := [one for one in problems if one.severity is Severity.ERROR]:
            return self.failed(*errors)
        return self._told(self._edit.planned, layers) if self._how.dry_run else None

    def _as_wanted(self, function: Function, *, is_changed: bool) -> Attachment:
        wants_version = self._how.publish and not self._how.dry_run
        version = publish_version(self._client, function) if wants_version else None
        return self._told(self._edit.done if is_changed else self._edit.nothing, function.layers, version)

    def _not_updated(self, function: Function, tried: _Tried) -> Attachment:
        """What is said where Lambda could not update the function; the former list is put back, if that is wanted."""
        message = f"Lambda could not update {function.name}: {function.failure}"
        hint = None if self._how.restore else "--restore puts the former list back"
        self._errors += (Problem(rule="update-failed", message=message, hint=hint),)
        if not self._how.restore:
            return self.failed()
        if function.layers in {tried.former, tried.wanted}:  # else somebody has made something else of it
            change_layers(self._client, function, tried.former)
            function = self._read()
        if not function.failure and function.layers == tried.former:
            return self.failed()
        message = f"the former layers of {function.name} could not be put back"
        hint = "look at the function, and attach them"
        return self.failed(Problem(rule="update-failed", message=message, hint=hint))

    def _told(self, change: LayerChange, layers: tuple[str, ...], version: str | None = None) -> Attachment:
        return Attachment(
            function=self._name,
            change=change,
            layers_before=self._first.layers if self._first else (),
            layers=layers,
            function_version=version,
            problems=(*self._errors, *self._warnings),
        )
