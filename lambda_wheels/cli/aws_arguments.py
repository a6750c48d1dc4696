"""The arguments of the commands that speak to AWS; a function ``fill_NAME`` for each command. (Pure.)"""

from __future__ import annotations

import argparse

from lambda_wheels.cli.arguments import add_profile, add_repeatable, not_empty


def fill_publish(parser: argparse.ArgumentParser) -> None:
    """What to publish, under which name, where, and for whom."""
    parser.add_argument("layer", type=not_empty, metavar="LAYER", help="a zip, whoever made it")
    parser.add_argument("--name", required=True, type=not_empty, help="the layer's")
    parser.add_argument("--description", type=str, metavar="TEXT", help="what it is (else the projects are named)")
    parser.add_argument("--license", default="", metavar="TEXT", help="an SPDX identifier, a URL, or a text")
    parser.add_argument(
        "--share-with",
        action="append",
        default=[],
        type=not_empty,
        metavar="WHOM",
        help="an account's 12 digits, an organisation as o-a1b2c3d4e5, or everyone (repeatable)",
    )
    parser.add_argument(
        "--bucket",
        type=not_empty,
        metavar="NAME",
        help="send the zip through this bucket; layers-{region} names one for each region",
    )
    parser.add_argument("--keep", action="store_true", help="leave the zip in the bucket")
    parser.add_argument(
        "--storage-mode", choices=["COPY", "REFERENCE"], help="REFERENCE: let Lambda read the bucket, and keep it there"
    )
    for name, example in (("runtime", "python3.13"), ("architecture", "arm64")):
        parser.add_argument(
            f"--{name}",
            action="append",
            default=[],
            type=not_empty,
            help=f"a compatible {name}, {example} (repeatable); a layer of ours says itself",
        )
    _add_aws(parser, several=True)


def fill_attach(parser: argparse.ArgumentParser) -> None:
    """Which layer version, and to what."""
    parser.add_argument("layer", type=not_empty, metavar="ARN", help="of a layer version, as publish prints it")
    _add_functions(parser)
    parser.add_argument("--position", type=int, metavar="N", help="the layer's place in the list, counted from 1")
    _add_aws(parser, several=False, region="that of functions given by name; else the layer version's")


def fill_detach(parser: argparse.ArgumentParser) -> None:
    """Which layer, and from what."""
    parser.add_argument("layer", type=not_empty, metavar="LAYER", help="its name, its ARN, or that of a version")
    _add_functions(parser)
    _add_aws(parser, several=False, region="that of functions given by name; else that in the ARN, or the session's")


def fill_prune(parser: argparse.ArgumentParser) -> None:
    """Which layer, and how much stays."""
    parser.add_argument("name", type=not_empty, metavar="NAME", help="the layer's")
    parser.add_argument("--keep", required=True, type=int, metavar="N", help="how many of the newest stay in any case")
    _add_aws(parser, several=True)


def fill_inspect(parser: argparse.ArgumentParser) -> None:
    """What to show."""
    parser.add_argument(
        "what", type=not_empty, metavar="WHAT", help="a zip, a folder, the ARN of a layer version, or a function"
    )
    _add_aws(parser, several=False, dry_run=False, region="that of a function given by name; else the session's")


def _add_functions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--function",
        action="append",
        required=True,
        type=not_empty,
        metavar="NAME",
        help="a function's name or ARN (repeatable)",
    )
    parser.add_argument("--publish", action="store_true", help="make a new version of the function afterwards")
    parser.add_argument("--restore", action="store_true", help="put the former list back if the update fails")


def _add_aws(
    parser: argparse.ArgumentParser,
    *,
    several: bool,
    dry_run: bool = True,
    region: str = "eu-west-1; else that of the session",
) -> None:
    """Who calls AWS, and where; what is not given comes from the environment, as for every AWS tool."""
    aws = parser.add_argument_group("AWS options (its environment and configuration count too)")
    if several:
        add_repeatable(aws, "--region", type=not_empty, metavar="NAME", help=region)
    else:
        aws.add_argument("--region", type=not_empty, metavar="NAME", help=region)
    add_profile(aws)
    if dry_run:
        aws.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
