"""From arguments to what the library takes: requirements, and pip's options. (Pure.)"""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import cast, get_type_hints

from lambda_wheels.resolution import IndexOptions

_URL = r"(?i)\s*([\w.-]+\s*(\[[^]]*\])?\s*@\s*)?[a-z][a-z0-9+.-]+:"  # compiled when it is needed


def requirements(options: argparse.Namespace) -> list[str | Path]:
    """What was asked for: arguments, and the files of ``-r``."""
    return [*map(_requirement, options.requirements), *map(Path, options.requirement)]


def index_options(options: argparse.Namespace) -> IndexOptions:
    """Those of pip's options that were given."""
    given = vars(options)
    return cast(IndexOptions, {name: given[name] for name in get_type_hints(IndexOptions) if name in given})


def _requirement(text: str) -> str | Path:
    """As for pip: what has a path separator or ends in ``.whl`` is a file, unless it is a URL, or ``NAME @ URL``."""
    if re.match(_URL, text):
        return text
    separators = [separator for separator in (os.sep, os.altsep) if separator]
    is_file = text.endswith(".whl") or any(separator in text for separator in separators)
    return Path(text) if is_file else text
