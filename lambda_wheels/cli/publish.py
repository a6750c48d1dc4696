"""``lambda-wheels publish``. (Prints.)"""

from __future__ import annotations

import argparse

from lambda_wheels.aws.clients import session_of
from lambda_wheels.aws.publish import publish_layer
from lambda_wheels.aws.results import LayerVersion
from lambda_wheels.cli.bars import bars
from lambda_wheels.cli.words import show_result


def publish(options: argparse.Namespace) -> int:
    """Publish, and say for each region what came of it; exits with 1 where one failed."""
    with bars(options) as progress:
        versions = publish_layer(
            options.layer,
            name=options.name,
            regions=getattr(options, "region", ()),
            description=options.description,
            license=options.license,
            share_with=options.share_with,
            bucket=options.bucket,
            keep=options.keep,
            storage_mode=options.storage_mode,
            runtime=options.runtime,
            architecture=options.architecture,
            dry_run=options.dry_run,
            session=session_of(options.profile),
            progress=progress,
        )
    problems = [problem for version in versions.versions for problem in version.problems]
    show_result(
        options, problems, versions.as_dict(), (_line(version, options.dry_run) for version in versions.versions)
    )
    return 1 if versions.failed else 0


def _line(version: LayerVersion, dry_run: bool) -> str:
    """``eu-west-1: published arn:aws:…:7``; what else is done, or would be, comes before the ARN, the last word."""
    words = [f"{version.region}: {version.outcome}"]
    if dry_run and version.staged:
        words.append(f"through {version.staged}")
    if version.newly_shared_with:
        whom = " and ".join(version.newly_shared_with)
        words.append(f"would be shared with {whom}" if dry_run else f"shared with {whom}")
    return f"{', '.join(words)}{f' {version.arn}' if version.arn else ''}"
