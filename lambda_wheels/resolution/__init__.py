"""Which wheels: requirements as given, what pip or a lock makes of them for a target, and those wheels in the store.

``resolve``, which drives pip, and ``locks`` are imported by those who need them: each brings much along.
"""

from lambda_wheels.resolution.fetch import Found, fetch, find
from lambda_wheels.resolution.index_options import IndexOptions, choosing_options, local_paths, pip_options, settled
from lambda_wheels.resolution.pip_arguments import plain_command
from lambda_wheels.resolution.requirements import Requirements, read_requirements
from lambda_wheels.resolution.resolution import Resolution, ResolvedWheel

__all__ = [
    "Found",
    "IndexOptions",
    "Requirements",
    "Resolution",
    "ResolvedWheel",
    "choosing_options",
    "fetch",
    "find",
    "local_paths",
    "pip_options",
    "plain_command",
    "read_requirements",
    "settled",
]
