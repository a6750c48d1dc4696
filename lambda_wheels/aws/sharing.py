"""Who else may use a layer version. (Asks AWS; the decisions are pure.)"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from lambda_wheels.aws.failures import AWS_ERRORS, code_of, is_gone
from lambda_wheels.errors import UsageError
from lambda_wheels.problems import Problem, Severity

EVERYONE: Final = "everyone"
_ACCOUNT: Final = re.compile(r"\d{12}", re.ASCII)
_ORGANISATION: Final = re.compile(r"o-[a-z0-9]{10,32}")
_ACTION: Final = "lambda:GetLayerVersion"


class Grant(NamedTuple):
    """A permission: AWS takes an organisation as everyone under a condition."""

    principal: str
    organisation: str = ""

    @classmethod
    def read(cls, text: str) -> Grant:
        """What ``text`` means: an account's twelve digits, an organisation's ``o-…``, or ``everyone``, also ``*``.

        :raises UsageError: it is none of them.
        """
        if _ACCOUNT.fullmatch(text):
            return cls(text)
        if _ORGANISATION.fullmatch(text):
            return cls("*", text)
        if text in {EVERYONE, "*"}:
            return cls("*")
        message = f"{text!r} is nobody that a layer can be shared with"
        hint = "name an account's 12 digits, an organisation as o-a1b2c3d4e5, or everyone"
        raise UsageError(Problem(rule="bad-share", message=message, hint=hint))

    def __str__(self) -> str:
        return self.organisation or (EVERYONE if self.principal == "*" else self.principal)

    @property
    def statement_id(self) -> str:
        """The name of our permission for it: always the same, so that it is not added twice."""
        return f"lambda-wheels-{self}"


def share(client: Any, name: str, number: int, grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Let each of ``grants`` use a version, if it may not yet. Nobody else is added, and nobody is taken away.

    :returns: those that were added.
    """
    missing = not_yet(client, name, number, grants)
    for grant in missing:
        _add(client, name, number, grant)
    return missing


def not_yet(client: Any, name: str, number: int, grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Those of ``grants`` that may not use a version yet."""
    wanted = dict.fromkeys(grants)
    present = _granted(client, name, number) if wanted else set()
    return tuple(grant for grant in wanted if grant not in present)


def not_asked_for(client: Any, name: str, number: int, grants: Iterable[Grant]) -> Iterator[Problem]:
    """A warning for each who may use a version though others were named; nothing is asked where nobody was."""
    wanted = dict.fromkeys(grants)
    for grant in sorted(_granted(client, name, number) - wanted.keys() if wanted else ()):
        yield Problem(
            rule="shared-wider",
            severity=Severity.WARNING,
            message=f"{name}:{number} is shared with {grant} already, which was not asked for",
            hint="take it away with: aws lambda remove-layer-version-permission",
        )


def _add(client: Any, name: str, number: int, grant: Grant) -> None:
    organisation = {"OrganizationId": grant.organisation} if grant.organisation else {}
    try:
        client.add_layer_version_permission(
            LayerName=name,
            VersionNumber=number,
            StatementId=grant.statement_id,
            Action=_ACTION,
            Principal=grant.principal,
            **organisation,
        )
    except AWS_ERRORS as error:
        # Somebody, or an answer of ours that was lost, was faster; or the name stands for something else.
        if code_of(error) != "ResourceConflictException" or grant not in _granted(client, name, number):
            raise


def _granted(client: Any, name: str, number: int) -> set[Grant]:
    """Who may use a version, going by its policy."""
    try:
        policy = json.loads(client.get_layer_version_policy(LayerName=name, VersionNumber=number)["Policy"])
    except AWS_ERRORS as error:
        if is_gone(error):
            return set()
        raise
    return {grant for statement in policy.get("Statement", ()) if (grant := _grant_in(statement)) is not None}


def _grant_in(statement: dict[str, Any]) -> Grant | None:
    """Whom a statement of a policy lets use the version."""
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        principal = principal.get("AWS")
    if statement.get("Effect") != "Allow" or not isinstance(principal, str):
        return None
    account = re.fullmatch(r"arn:[\w-]+:iam::(\d{12}):root", principal)
    condition = statement.get("Condition", {}).get("StringEquals", {})
    return Grant(account[1] if account else principal, str(condition.get("aws:PrincipalOrgID", "")))
