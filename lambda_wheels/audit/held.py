"""What a layer holds, whoever made it, as the rules about layers see it. (Pure values.)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from lambda_wheels.targets import Target
from lambda_wheels.targets.layer_paths import paths_of
from lambda_wheels.wheels.native import Native
from lambda_wheels.wheels.pyc import Pyc


class HeldFile(NamedTuple):
    """A plain file."""

    size: int
    mode: int | None
    """The bits that say who may do what; None where the zip does not say."""
    sha256: str
    """Hexadecimal."""


class Held(NamedTuple):
    """Everything that a layer holds. Paths are below ``/opt``, with ``/``."""

    files: Mapping[str, HeldFile]
    """What is there by way of links as well."""
    folders: Mapping[str, int | None]
    """Each folder that is known by itself, with its mode."""
    links: Mapping[str, str]
    """Symbolic links, with what they say."""
    linked: Mapping[str, str]
    """Those of the files that are there by way of a link, with the paths that they have without."""
    texts: Mapping[str, bytes]
    """The contents of the files that say what a layer is: those of distributions, and our manifest."""
    pycs: tuple[Pyc, ...]
    natives: tuple[Native, ...]
    zip_size: int | None
    """Bytes of the zip, if it is one."""


SITE_PACKAGES: Final = r"python/lib/python3\.\d+/site-packages/"
"""The folder of one Python in a layer, as a regular expression."""


def site_folders(target: Target) -> tuple[str, str]:
    """Where the Python of ``target`` looks for modules in a layer, in its order."""
    own, shared = paths_of(target.python_version)
    return f"{own}/", f"{shared}/"
