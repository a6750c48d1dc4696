"""Which wheels: requirements as given, what pip makes of them for a target, and those wheels proven in the store."""

from lambda_wheels.resolution.fetch import fetch
from lambda_wheels.resolution.index_options import IndexOptions, local_paths, pip_options, settled
from lambda_wheels.resolution.pip_arguments import plain_command
from lambda_wheels.resolution.report import Resolution, ResolvedWheel
from lambda_wheels.resolution.requirements import Requirements, read_requirements
from lambda_wheels.resolution.resolve import resolve

__all__ = [
    "IndexOptions",
    "Requirements",
    "Resolution",
    "ResolvedWheel",
    "fetch",
    "local_paths",
    "pip_options",
    "plain_command",
    "read_requirements",
    "resolve",
    "settled",
]
