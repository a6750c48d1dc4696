"""A layer as one target sees it. (Pure values.)"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from packaging.utils import NormalizedName

from lambda_wheels.audit.held import SITE_PACKAGES, Held, site_folders
from lambda_wheels.audit.installed import Installation, Installed, read_installation
from lambda_wheels.audit.placed import Placed
from lambda_wheels.targets import Target

_OF_A_PYTHON: Final = re.compile(SITE_PACKAGES)


class View(NamedTuple):
    """What the rules about a layer look at."""

    held: Held
    target: Target
    folders: tuple[str, str]
    """Where its Python looks for modules, in its order."""
    installation: Installation
    places: tuple[Placed, ...]
    """The machine code, but for that of other Pythons."""

    distributions: Mapping[NormalizedName, Installed]
    """By their projects; of two the one that is found first."""

    @classmethod
    def of(cls, held: Held, target: Target) -> View:
        """What ``target`` sees of ``held``."""
        folders = site_folders(target)
        installation = read_installation(held, folders)
        places = tuple(
            Placed(native.path, native, installation.owners.get(native.path), None)
            for native in held.natives
            if not is_of_other_python(native.path, target)
        )
        distributions = {one.name: one for one in reversed(installation.distributions)}
        return cls(held, target, folders, installation, places, distributions)


def is_of_other_python(path: str, target: Target) -> bool:
    """Whether ``path`` is in the folder of another Python than that of ``target``."""
    found = _OF_A_PYTHON.match(path)
    return found is not None and found[0] != site_folders(target)[0]
