"""``attach_layer()`` and ``detach_layer()``: one layer in the lists of functions, the others untouched. (Asks AWS.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from lambda_wheels.aws.arns import (
    LayerVersionArn,
    check_region,
    is_layer_name,
    layer_in,
    qualifier_of,
    read_layer,
    region_in,
    region_of_function,
)
from lambda_wheels.aws.changing import Edit, How, change_function
from lambda_wheels.aws.clients import Clients
from lambda_wheels.aws.fits import MOST_LAYERS, Function, check_fit, check_sizes, with_layer, without_layer
from lambda_wheels.aws.functions import offered, size_of_code, size_of_layer
from lambda_wheels.aws.patience import Patience
from lambda_wheels.aws.results import Attachment, Attachments, LayerChange, LayerVersions
from lambda_wheels.aws.workers import run_side_by_side
from lambda_wheels.errors import AwsRefusedError, LambdaWheelsError, UsageError
from lambda_wheels.problems import Problem

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
    named = layer if isinstance(layer, LayerVersions) else str(LayerVersionArn.read(layer))

    def edit(name: str, clients: Clients) -> tuple[Any, Edit]:
        there = region_of_function(name) or region
        arn = named if isinstance(named, str) else _arn_in(named, there or clients.region)
        client = clients.of_lambda(_region_of_both(name, there, arn, "publish the layer in that region, too"))
        return client, Edit(
            lambda function: with_layer(function.layers, arn, position),
            lambda function, layers: _in_the_way(client, function, arn, layers),
            LayerChange.ATTACHED,
            LayerChange.WOULD_ATTACH,
            LayerChange.ALREADY_ATTACHED,
        )

    return _for_each(function, edit, How(publish, restore, dry_run), region, session)


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
    :param region: of functions that are given by name; else that in the layer's ARN, else the session's own.
    :raises UsageError: the call makes no sense.
    """
    arn = None if is_layer_name(layer) else read_layer(layer)

    def edit(name: str, clients: Clients) -> tuple[Any, Edit]:
        there = region_of_function(name) or region
        there = _region_of_both(name, there, arn, "is it the layer that is meant?") if arn else there or clients.region
        if not there:
            hint = "name it: --region eu-west-1"
            raise UsageError(Problem(rule="no-region", message=f"in which region is {name}?", hint=hint))

        def layers_of(function: Function) -> tuple[str, ...]:
            return without_layer(function.layers, arn or layer_in(function.arn, layer))

        words = (LayerChange.DETACHED, LayerChange.WOULD_DETACH, LayerChange.NOT_ATTACHED)
        return clients.of_lambda(there), Edit(layers_of, lambda function, layers: (), *words)

    return _for_each(function, edit, How(publish, restore, dry_run), region, session)


def _for_each(
    function: str | Iterable[str],
    edit: Callable[[str, Clients], tuple[Any, Edit]],
    how: How,
    region: str | None,
    session: Any,
) -> Attachments:
    """Do the edit for each function, some at once.

    :raises UsageError: none was named, or what is named has no layers of its own; or ``region`` is empty.
    """
    names = _names(function)
    check_region(region)
    patience = Patience()

    def run(name: str) -> Attachment:
        try:
            client, wanted = edit(name, clients)
            return change_function(client, name, wanted, how, patience)
        except UsageError:
            raise
        except LambdaWheelsError as error:
            return Attachment(function=name, change=LayerChange.FAILED, problems=error.problems)

    with Clients(session, patience) as clients:
        return Attachments(functions=tuple(run_side_by_side(run, names, _AT_ONCE, patience)))


def _names(function: str | Iterable[str]) -> list[str]:
    """The functions that were named, each once.

    :raises UsageError: none was, or what is named has no layers of its own.
    """
    names = [function] if isinstance(function, str) or not isinstance(function, Iterable) else [*function]
    if not names or not all(names):
        raise UsageError(Problem(rule="no-such-function", message="no function was named", hint="name one: --function"))
    for name in names:
        if not isinstance(name, str):
            message, hint = f"{name!r} is not the name of a function", "it is a str"
            raise UsageError(Problem(rule="no-such-function", message=message, hint=hint))
        if qualifier_of(name):
            message = f"{name} names a version or an alias, whose layers cannot be changed"
            hint = "name the function, and let --publish make a version"
            raise UsageError(Problem(rule="no-such-function", message=message, hint=hint))
    return [*dict.fromkeys(names)]


def _region_of_both(function: str, region: str | None, layer: str, hint: str) -> str:
    """The region of a layer, which is that of the function as far as it is known.

    :raises AwsRefusedError: they are in two.
    """
    of_layer = region_in(layer)
    if region not in {None, of_layer}:
        message = f"{function} is in {region}, and the layer in {of_layer}"
        raise AwsRefusedError(Problem(rule="layer-unfit", message=message, hint=hint))
    return of_layer


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


def _in_the_way(client: Any, function: Function, arn: str, layers: Sequence[str]) -> Iterator[Problem]:
    """What keeps ``function`` from having ``layers``, of which ``arn`` is new."""
    version = offered(client, arn)
    unfit = [*check_fit(function, arn, layers, version.compatible)]
    yield from unfit
    if not unfit:
        sizes = {one: version.unzipped_size if one == arn else size_of_layer(client, one) for one in layers}
        yield from check_sizes(function, size_of_code(client, function), sizes)
