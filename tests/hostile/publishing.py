"""Publishing a zip to an endpoint of the tests, in a process of its own. (Asks AWS's emulators.)"""

from __future__ import annotations

from typing import Any

from lambda_wheels import PublishOutcome, publish_layer
from lambda_wheels.aws import patience
from tests.aws.conftest import Session

NAMED: dict[str, Any] = {"runtime": "python3.13", "architecture": "arm64"}

patience.PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)  # type: ignore[misc]


def publish(zip_file: str, url: str, bucket: str, *regions: str) -> int:
    """Publish it as the layer ``demo``; 0 if it is there then in each region."""
    session = Session(url)
    versions = publish_layer(zip_file, name="demo", regions=regions, bucket=bucket or None, session=session, **NAMED)
    for version in versions.versions:
        print(version.region, version.outcome, *version.problems)  # noqa: T201  # for whoever reads why
    return int(any(version.outcome is PublishOutcome.FAILED for version in versions.versions))
