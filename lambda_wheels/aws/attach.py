"""``attach_layer()`` and ``detach_layer()``: one layer in the lists of functions, the others untouched. (Asks AWS.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from lambda_wheels.aws.arns import LayerVersionArn, is_arn, is_layer_name, layer_in, layer_of, region_of_function
from lambda_wheels.aws.clients import Clients
from lambda_wheels.aws.failures import AWS_ERRORS, problem_of
from lambda_wheels.aws.fits import MOST_LAYERS, Function, check_fit, check_sizes, with_layer, without_layer
from lambda_wheels.aws.functions import (
    change_layers,
    layer_version,
    publish_version,
    read_function,
    size_of_code,
)
from lambda_wheels.aws.patience import Patience, pauses
from lambda_wheels.aws.results import Attachment, Attachments, LayerChange, LayerVersions
from lambda_wheels.errors import AwsRefusedError, LambdaWheelsError, UsageError
from lambda_wheels.problems import Problem, Severity

_AT_ONCE: Final = 4
"""Functions: the control plane takes 15 requests a second of an account and region (AWS, "Lambda quotas")."""


def attach_layer(
    layer: str | LayerVersions,
    *,
    function: str | Iterable[str],
    position: int | None = None,
    publish: bool = False,
    restore: bool = False,
    dry_run: bool = False,
    region: str | None = None,
    session: Any = None,
) -> Attachments:
    """Let functions use a layer version, in place of another version of the same layer if they have one.

    It may be called again after any failure. A function that fails does not stop the others, and is said in what is
    returned: see :meth:`Attachments.raise_for_failures`.

    :param layer: the ARN of a layer version, or what :func:`publish_layer` returned.
    :param function: a name or an ARN, or several.
    :param position: the layer's place in the list, counted from 1; else where it was, or at the end.
    :param publish: make a new version of the function afterwards.
    :param restore: put the former list back if Lambda fails to update the function.
    :param dry_run: say what would be done, and change nothing.
    :param region: of functions that are given by name; else that of the layer version.
    :param session: a ``boto3.Session``; else the environment says who you are.
    :raises UsageError: the call makes no sense.
    :raises AwsError: there is no such profile.
    """
    if position is not None and not 1 <= position <= MOST_LAYERS:
        message = f"{position} is not a place in the list of layers"
        raise UsageError(Problem(rule="bad-position", message=message, hint=f"from 1 to {MOST_LAYERS}"))
    if not isinstance(layer, LayerVersions):
        LayerVersionArn.read(layer)

    def job(name: str, clients: Clients) -> _Job:
        there = region_of_function(name) or region
        arn = layer if isinstance(layer, str) else _arn_in(layer, there or clients.region)
        version = LayerVersionArn.read(arn)
        if there not in {None, version.region}:
            message = f"{name} is in {there}, and the layer in {version.region}"
            hint = "publish the layer in that region, too"
            raise AwsRefusedError(Problem(rule="layer-unfit", message=message, hint=hint))
        return _Attaching(clients, version.region, name, arn, position, publish, restore, dry_run)

    return _for_each(function, job, session)


def detach_layer(
    layer: str,
    *,
    function: str | Iterable[str],
    publish: bool = False,
    restore: bool = False,
    dry_run: bool = False,
    region: str | None = None,
    session: Any = None,
) -> Attachments:
    """Take every version of a layer from functions; other layers stay as they were.

    :param layer: its name, its ARN, or that of any version of it.
    :param function: a name or an ARN, or several. The other parameters are those of :func:`attach_layer`.
    :raises UsageError: the call makes no sense.
    """
    if not is_layer_name(layer) and (not is_arn(layer) or ":layer:" not in layer):
        hint = "name it, or give its ARN: arn:aws:lambda:eu-west-1:123456789012:layer:duckdb"
        raise UsageError(Problem(rule="bad-arn", message=f"{layer!r} is neither a layer's name nor its ARN", hint=hint))

    def job(name: str, clients: Clients) -> _Job:
        there = region_of_function(name) or region or (layer.split(":")[3] if is_arn(layer) else clients.region)
        if not there:
            hint = "name it: --region eu-west-1"
            raise UsageError(Problem(rule="no-region", message=f"in which region is {name}?", hint=hint))
        return _Detaching(clients, there, name, layer, publish, restore, dry_run)

    return _for_each(function, job, session)


def _for_each(function: str | Iterable[str], job: Callable[[str, Clients], _Job], session: Any) -> Attachments:
    """Do the job for each function, some at once."""
    names = [*dict.fromkeys([function] if isinstance(function, str) else function)]
    if not names or not all(names):
        raise UsageError(Problem(rule="no-such-function", message="no function was named", hint="name one: --function"))
    patience = Patience()

    def run(name: str) -> Attachment:
        try:
            return job(name, clients).run(patience)
        except UsageError:
            raise
        except LambdaWheelsError as error:
            return Attachment(function=name, change=LayerChange.FAILED, problems=error.problems)
        except AWS_ERRORS as error:
            return Attachment(
                function=name, change=LayerChange.FAILED, problems=(problem_of(error, f"changing {name}"),)
            )

    with Clients(session) as clients, ThreadPoolExecutor(min(len(names), _AT_ONCE)) as pool:
        try:
            return Attachments(functions=tuple(pool.map(run, names)))
        except BaseException:
            patience.stop()
            raise


def _arn_in(versions: LayerVersions, region: str | None) -> str:
    """The version in ``region``; where there is but one, that.

    :raises AwsRefusedError: there is none.
    """
    arns = versions.arns
    if region not in arns and len(arns) == 1 and len(versions.versions) == 1:
        return next(iter(arns.values()))
    if region not in arns:
        message = f"{versions.name} has no version in {region or 'a region that is known'}"
        raise AwsRefusedError(Problem(rule="layer-unfit", message=message, hint="publish it there"))
    return arns[region or ""]


class _Job:
    """A change of one function's layers."""

    done: LayerChange
    planned: LayerChange
    nothing: LayerChange

    def __init__(
        self, clients: Clients, region: str, name: str, *, publish: bool, restore: bool, dry_run: bool
    ) -> None:
        self._client = clients.of_lambda(region)
        self._name, self._publish, self._restore, self._dry_run = name, publish, restore, dry_run

    def layers_of(self, function: Function) -> tuple[str, ...]:
        """The list that ``function`` is to have."""
        raise NotImplementedError

    def problems_of(self, function: Function, layers: Sequence[str]) -> Iterable[Problem]:
        """What is in the way of it."""
        raise NotImplementedError

    def run(self, patience: Patience) -> Attachment:
        """LayerChange the list, until it is what it is to be."""
        function = first = read_function(self._client, self._name, patience)
        problems: tuple[Problem, ...] = ()
        changed = taken = False
        for pause in pauses():
            layers = self.layers_of(function)
            if function.failure and (taken or (changed and layers == function.layers)):
                return self._failed(first, function, layers, patience)
            if layers == function.layers:
                break
            if not changed:
                problems = tuple(dict.fromkeys(self.problems_of(function, layers)))
                if any(problem.severity is Severity.ERROR for problem in problems):
                    return self._said(LayerChange.FAILED, first, first.layers, problems)
                if self._dry_run:
                    return self._said(self.planned, first, layers, problems)
            changed = True
            taken = change_layers(self._client, function, layers)
            if not taken:  # somebody else was faster, or nobody knows
                patience.pause(pause)
            function = read_function(self._client, self._name, patience)
        else:
            message = f"{self._name} was changed by somebody else again and again"
            raise AwsRefusedError(Problem(rule="changed-meanwhile", message=message, hint="try again"))
        version = publish_version(self._client, function) if self._publish and not self._dry_run else None
        return self._said(self.done if changed else self.nothing, first, layers, problems, version)

    def _failed(self, first: Function, function: Function, layers: Sequence[str], patience: Patience) -> Attachment:
        """Lambda could not update the function; the former list is put back if that was asked for."""
        message = f"Lambda could not update {self._name}: {function.failure}"
        hint = None if self._restore else "--restore puts the former list back"
        problems = [Problem(rule="update-failed", message=message, hint=hint)]
        if self._restore and change_layers(self._client, function, first.layers):
            function = read_function(self._client, self._name, patience)
            layers = function.layers
        if self._restore and (function.failure or layers != first.layers):
            message = f"the former layers of {self._name} could not be put back"
            problems.append(
                Problem(rule="update-failed", message=message, hint="look at the function, and attach them")
            )
        return self._said(LayerChange.FAILED, first, layers, problems)

    def _said(
        self,
        change: LayerChange,
        first: Function,
        layers: Sequence[str],
        problems: Iterable[Problem],
        version: str | None = None,
    ) -> Attachment:
        return Attachment(
            function=self._name,
            change=change,
            layers_before=first.layers,
            layers=tuple(layers),
            function_version=version,
            problems=tuple(problems),
        )


class _Attaching(_Job):
    done, planned, nothing = LayerChange.ATTACHED, LayerChange.WOULD_ATTACH, LayerChange.ALREADY_ATTACHED

    def __init__(
        self,
        clients: Clients,
        region: str,
        name: str,
        arn: str,
        position: int | None,
        publish: bool,
        restore: bool,
        dry_run: bool,
    ) -> None:
        super().__init__(clients, region, name, publish=publish, restore=restore, dry_run=dry_run)
        self._arn, self._position = arn, position

    def layers_of(self, function: Function) -> tuple[str, ...]:
        return with_layer(function.layers, self._arn, self._position)

    def problems_of(self, function: Function, layers: Sequence[str]) -> Iterable[Problem]:
        found = layer_version(self._client, self._arn)
        if found is None:
            message = f"there is no layer version {self._arn}"
            yield Problem(rule="no-such-layer-version", message=message, hint="publish it first, or was it pruned?")
            return
        compatible, size = found
        in_the_way = [*check_fit(function, self._arn, layers, compatible)]
        yield from in_the_way
        if not in_the_way:
            sizes = {arn: size if arn == self._arn else self._size_of(arn) for arn in layers}
            yield from check_sizes(function, size_of_code(self._client, function), sizes)

    def _size_of(self, arn: str) -> int | None:
        """Of a layer that is there already: it may be another's, which we may not read."""
        try:
            found = layer_version(self._client, arn)
        except AWS_ERRORS:
            return None
        return found[1] if found else None


class _Detaching(_Job):
    done, planned, nothing = LayerChange.DETACHED, LayerChange.WOULD_DETACH, LayerChange.NOT_ATTACHED

    def __init__(
        self, clients: Clients, region: str, name: str, layer: str, publish: bool, restore: bool, dry_run: bool
    ) -> None:
        super().__init__(clients, region, name, publish=publish, restore=restore, dry_run=dry_run)
        self._layer = layer

    def layers_of(self, function: Function) -> tuple[str, ...]:
        layer = layer_of(self._layer) if is_arn(self._layer) else layer_in(function.arn, self._layer)
        return without_layer(function.layers, layer)

    def problems_of(self, function: Function, layers: Sequence[str]) -> Iterable[Problem]:
        return ()
