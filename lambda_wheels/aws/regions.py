"""In which regions something is done. (Asks the caller's session.)"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lambda_wheels.aws.arns import check_region
from lambda_wheels.aws.clients import Clients
from lambda_wheels.errors import UsageError
from lambda_wheels.problems import Problem

AT_ONCE: Final = 16
"""Regions side by side: each has a rate of its own."""


def regions_of(named: str | Iterable[str], clients: Clients) -> list[str]:
    """Each of the regions once; the session's own where none was named.

    :raises UsageError: none was named, and the session has none; or what was named is none.
    """
    regions = [*dict.fromkeys([named] if isinstance(named, str) else named)]
    if regions and all(regions):
        for region in regions:
            check_region(region)
        return regions
    if regions or not clients.region:
        hint = "name one: --region eu-west-1, or set AWS_DEFAULT_REGION"
        raise UsageError(Problem(rule="no-region", message="no region was named, and the session has none", hint=hint))
    return [clients.region]
