"""Bytecode that Python will not run, or should not. (Pure.)

Sources: PEP 3147, PEP 488 and PEP 552.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from lambda_wheels.audit.held import SITE_PACKAGES
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.wheels.pyc import Pyc, PycKind

_ANEW: Final = (
    "leave it out (pip install --no-compile, PYTHONDONTWRITEBYTECODE=1), or build with lambda-wheels build --bytecode"
)


def wrong_bytecode(pycs: Iterable[Pyc], pythons: Collection[tuple[int, int]]) -> Iterator[Problem]:
    """What keeps ``pythons`` from importing a module, or runs another than can be read; one finding a kind."""
    pycs = list(pycs)
    yield from _found(
        "bytecode-other-python",
        [pyc for pyc in pycs if not pyc.is_cached and pyc.source is None and pyc.python not in pythons],
        f"{_runtimes(pythons)} cannot import it, being for another Python, and there is no source of it",
        "take it with its sources, or compiled for that Python",
        Severity.ERROR,
    )
    yield from _found(
        "bytecode-stale",
        [pyc for pyc in _ours(pycs, pythons) if pyc.kind is PycKind.UNCHECKED and pyc.matches is False],
        "it is of another source than the one beside it, and is run without being compared (unchecked-hash)",
        _ANEW,
        Severity.ERROR,
    )


def useless_bytecode(pycs: Iterable[Pyc], pythons: Collection[tuple[int, int]]) -> Iterator[Problem]:
    """What ``pythons`` do not look at, or need not look at; one finding a kind, which names the first."""
    pycs = list(pycs)
    yield from _found(
        "bytecode-other-python",
        [pyc for pyc in _beside_source(pycs) if pyc.python not in pythons and not _is_at_home(pyc)],
        f"it is for another Python than {_runtimes(pythons)}",
        _ANEW,
    )
    yield from _found(
        "bytecode-without-source",
        [pyc for pyc in pycs if pyc.is_cached is (pyc.source is None)],
        "Python does not look at it: there is no source of it, or it lies where only bytecode without a source belongs",
        _ANEW,
    )
    ours = _ours(pycs, pythons)
    yield from _found(
        "bytecode-stale",
        [pyc for pyc in ours if pyc.kind is not PycKind.UNCHECKED and pyc.matches is False],
        "the source beside it has another date, size or hash than it says, so Python compiles that at every cold start",
        _ANEW,
    )
    yield from _found(
        "bytecode-by-date",
        [pyc for pyc in ours if pyc.kind is PycKind.DATE and pyc.matches is not False],
        "it goes by the date of its source: where (un)packing changes that, Python compiles it at every cold start",
        _ANEW,
    )


def _beside_source(pycs: Iterable[Pyc]) -> list[Pyc]:
    return [pyc for pyc in pycs if pyc.is_cached and pyc.source is not None]


def _ours(pycs: Iterable[Pyc], pythons: Collection[tuple[int, int]]) -> list[Pyc]:
    """What one of ``pythons`` looks at for the sake of its source."""
    return [pyc for pyc in _beside_source(pycs) if pyc.python in pythons]


def _runtimes(pythons: Collection[tuple[int, int]]) -> str:
    return " and ".join(f"python{major}.{minor}" for major, minor in sorted(pythons))


def _is_at_home(pyc: Pyc) -> bool:
    """Whether it lies in the folder of its own Python, which another one does not look into."""
    folder = re.match(SITE_PACKAGES, pyc.path)
    return (
        folder is not None
        and pyc.python is not None
        and folder[0].startswith("python/lib/python{}.{}/".format(*pyc.python))
    )


def _found(
    rule: str, pycs: Iterable[Pyc], message: str, hint: str, severity: Severity = Severity.WARNING
) -> Iterator[Problem]:
    found = sorted(pycs)
    if not found:
        return
    size = sum(pyc.size for pyc in found)
    count = f" ({len(found):,} {'file' if len(found) == 1 else 'files'}, {size:,} bytes)"
    yield Problem(rule=rule, severity=severity, member=found[0].path, message=message + count, hint=hint)
