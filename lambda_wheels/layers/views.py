"""Several runtimes in one layer: which wheels serve all of them, and where the others are. (Pure.)

In Lambda ``sys.path`` has ``/opt/python/lib/python3.X/site-packages``, then ``/opt/python`` (AWS, "Packaging layers").
What is the same for all runtimes goes to the latter, all else to the folders that one runtime sees. A wheel is never
split, and wheels that count on lying beside each other do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from packaging.utils import NormalizedName

from lambda_wheels.audit.loader import Loader
from lambda_wheels.audit.placed import placed
from lambda_wheels.layers.record import PYTHON
from lambda_wheels.store import StoredWheel
from lambda_wheels.targets import Target
from lambda_wheels.targets.layer_paths import paths_of
from lambda_wheels.wheels import Wheel
from lambda_wheels.wheels.layout import folders_above, landing


class View(NamedTuple):
    """What one runtime is to see."""

    target: Target
    wheels: Sequence[StoredWheel]
    """One of a project."""


class Home(NamedTuple):
    """A wheel in a folder of the layer."""

    stored: StoredWheel
    folder: str
    """``python/``, or ``python/lib/python3.13/site-packages/``."""
    targets: tuple[Target, ...]
    """Those whose ``sys.path`` has the folder."""


def site_packages(target: Target) -> str:
    """The folder of a layer that only the runtime of ``target`` sees."""
    return f"{paths_of(target.python_version)[0]}/"


def homes(views: Sequence[View]) -> list[Home]:
    """Where each wheel goes, by name; a wheel that several runtimes have, but not all, is in the folder of each."""
    targets = tuple(view.target for view in views)
    shared = _shared(views)
    found = [
        Home(stored, PYTHON, targets) if stored.wheel.name in shared else Home(stored, site_packages(target), (target,))
        for target, wheels in views
        for stored in wheels
        if target is targets[0] or stored.wheel.name not in shared
    ]
    return sorted(found, key=_order)


def _order(home: Home) -> tuple[str, str, str, str]:
    wheel = home.stored.wheel
    return wheel.name, str(wheel.version), wheel.filename, home.folder


def audience(views: Sequence[View]) -> dict[str, tuple[str, ...]]:
    """The runtimes that have a wheel, by its sha256, for each wheel that not all of them have."""
    having: dict[str, list[str]] = defaultdict(list)
    for view in views:
        for stored in view.wheels:
            having[stored.wheel.sha256].append(view.target.runtime)
    return {sha256: tuple(runtimes) for sha256, runtimes in having.items() if len(runtimes) < len(views)}


def _shared(views: Sequence[View]) -> set[NormalizedName]:
    """The projects whose wheel is the same for all, and that no other project draws into the folders of one."""
    first, *others = ({stored.wheel.name: stored.wheel.sha256 for stored in view.wheels} for view in views)
    shared = {name for name, sha256 in first.items() if all(other.get(name) == sha256 for other in others)}
    if not others:
        return shared
    groups = [group for view in views for group in _together(view)]
    while drawn := {name for group in groups if not group <= shared for name in group & shared}:
        shared -= drawn
    return shared


def _together(view: View) -> Iterator[set[NormalizedName]]:
    """Projects that have to be in one folder, each time all of a group."""
    modules: dict[str, set[NormalizedName]] = defaultdict(set)
    folders: dict[str, set[NormalizedName]] = defaultdict(set)
    for stored in view.wheels:
        for path in _paths(stored.wheel):
            modules[_module(path)].add(stored.wheel.name)
            for folder in folders_above(path):
                folders[folder].add(stored.wheel.name)
    # A regular package is found in one folder of sys.path, with all that others put into it; and which of two modules
    # of one name is found (or which of two files stays) is to be as in a layer for one runtime.
    for name, owners in modules.items():
        if len(group := owners | folders.get(name, set())) > 1:
            yield group
    # A library that is found by way of $ORIGIN is found beside what needs it.
    natives = {place: stored.wheel.name for stored in view.wheels for place in placed(stored.wheel)}
    projects = {place.path: name for place, name in natives.items()}
    for paths in Loader([*natives], view.target).load().together:
        if len(group := {projects[path] for path in paths}) > 1:
            yield group


def _paths(wheel: Wheel) -> Iterator[str]:
    """Where the files of ``wheel`` go, in its folder or, as scripts, in the one ``bin/``."""
    scripts = f"{wheel.data}/scripts/"
    for member in wheel.members:
        if path := landing(member.name, wheel.data):
            yield path
        elif member.name.startswith(scripts):
            yield f"bin/{member.name.removeprefix(scripts)}"


def _module(path: str) -> str:
    """What ``path`` would be imported as, with ``/``: ``numpy/__init__.py`` is ``numpy``."""
    folder, slash, name = path.rpartition("/")
    stem = name.partition(".")[0]
    return folder if stem == "__init__" else f"{folder}{slash}{stem}"
