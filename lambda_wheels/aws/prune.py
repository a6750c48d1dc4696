"""``prune_layer()``: old versions of a layer that no function uses are deleted. (Asks AWS.)"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from lambda_wheels.aws.arns import LayerVersionArn, bad_layer_name, is_layer_name, layer_of
from lambda_wheels.aws.clients import Clients
from lambda_wheels.aws.failures import answered, is_doubtful, is_gone, problem_of
from lambda_wheels.aws.patience import Patience
from lambda_wheels.aws.regions import AT_ONCE, regions_of
from lambda_wheels.aws.results import Pruned
from lambda_wheels.aws.versions import versions_of
from lambda_wheels.aws.workers import run_side_by_side
from lambda_wheels.errors import LambdaWheelsError, UsageError
from lambda_wheels.problems import Problem


def prune_layer(
    name: str,
    *,
    keep: int,
    regions: str | Iterable[str] = (),
    dry_run: bool = False,
    session: Any = None,
) -> tuple[Pruned, ...]:
    """Delete all versions of a layer but the newest ``keep``, and those that a function of that region uses.

    Versions of functions count too, and so do aliases, which name them. Functions of other accounts are not seen: one
    that uses a version goes on with it, but cannot be changed any more. A refusal does not stop the others; where AWS
    does not answer at all, no more is asked of that region.

    :param name: of the layer.
    :param keep: how many of the newest stay in any case.
    :param regions: AWS's names; else the session's own.
    :param dry_run: say what would be done, and change nothing.
    :param session: a ``boto3.Session``; else the environment says who you are.
    :raises UsageError: the call makes no sense.
    :raises AwsError: there is no such profile.
    """
    if not is_layer_name(name):
        raise UsageError(bad_layer_name(name))
    if keep < 0:
        raise UsageError(Problem(rule="bad-keep", message=f"{keep} versions cannot be kept", hint="0 or more"))
    patience = Patience()
    with Clients(session, patience) as clients:
        named = regions_of(regions, clients)

        def prune(region: str) -> Pruned:
            return _prune(region, name, keep, clients, patience, dry_run=dry_run)

        return tuple(run_side_by_side(prune, named, AT_ONCE, patience))


def _prune(region: str, name: str, keep: int, clients: Clients, patience: Patience, *, dry_run: bool) -> Pruned:
    problems: list[Problem] = []
    deleted: list[int] = []
    used: list[int] = []
    kept: list[int] = []
    try:
        with answered(f"pruning {name} in {region}"):
            client = clients.of_lambda(region)
            versions = sorted(versions_of(client, name), reverse=True)
            kept = [one.number for one in versions[:keep]]
            old = versions[keep:]
            in_use = _in_use(client, layer_of(old[0].arn)) if old else set()
        used = [one.number for one in old if one.number in in_use]
        for one in reversed([one for one in old if one.number not in in_use]):
            patience.check()
            if dry_run or _delete(client, name, one.number, problems):
                deleted.append(one.number)
    except LambdaWheelsError as error:
        problems += error.problems
    return Pruned(region=region, deleted=tuple(deleted), used=tuple(used), kept=tuple(kept), problems=tuple(problems))


def _in_use(client: Any, layer: str) -> set[int]:
    """The versions of ``layer`` that any function, or any version of one, has in its list."""
    pages = client.get_paginator("list_functions").paginate(FunctionVersion="ALL")
    return {
        LayerVersionArn.read(one["Arn"]).version
        for page in pages
        for function in page["Functions"]
        for one in function.get("Layers") or ()
        if layer_of(one["Arn"]) == layer
    }


def _delete(client: Any, name: str, number: int, problems: list[Problem]) -> bool:
    """Whether the version is gone; why not goes to ``problems``.

    :raises AwsError: there was no answer, or none of use; waiting so long for every further version would take hours.
    """
    action = f"deleting {name}:{number} in {client.meta.region_name}"
    with answered(f"{action}, with which pruning ends there"):
        try:
            client.delete_layer_version(LayerName=name, VersionNumber=number)
        except ClientError as error:
            if is_doubtful(error):
                raise
            if not is_gone(error):
                problems.append(problem_of(error, action))
                return False
    return True
