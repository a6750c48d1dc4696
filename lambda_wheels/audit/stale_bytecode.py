"""Bytecode that Python will not run, or should not. (Pure.)

Sources: PEP 3147, PEP 488 and PEP 552.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from lambda_wheels.audit.held import SITE_PACKAGES, Held, Pyc, PycKind
from lambda_wheels.problems import Problem, Severity

_ANEW: Final = (
    "leave it out (pip install --no-compile, PYTHONDONTWRITEBYTECODE=1), or build with lambda-wheels build --bytecode"
)


def stale_bytecode(held: Held, pythons: Collection[tuple[int, int]]) -> Iterator[Problem]:
    """What is wrong with the bytecode of a layer that is for ``pythons``: one finding a kind, which names the first."""
    cached = [pyc for pyc in held.pycs if _is_cached(pyc) and pyc.source is not None]
    alone = [pyc for pyc in held.pycs if not _is_cached(pyc) and pyc.source is None]
    runtimes = " and ".join(f"python{major}.{minor}" for major, minor in sorted(pythons))
    yield from _found(
        "bytecode-other-python",
        [pyc for pyc in alone if pyc.python not in pythons],
        f"{runtimes} cannot import it, being for another Python, and there is no source of it",
        "put the sources into the layer",
        Severity.ERROR,
    )
    yield from _found(
        "bytecode-other-python",
        [pyc for pyc in cached if pyc.python not in pythons and not _is_at_home(pyc)],
        f"it is for another Python than {runtimes}",
        _ANEW,
    )
    yield from _found(
        "bytecode-without-source",
        [pyc for pyc in held.pycs if _is_cached(pyc) is (pyc.source is None)],
        "Python does not look at it: there is no source of it, or it lies where only bytecode without a source belongs",
        _ANEW,
    )
    ours = [pyc for pyc in cached if pyc.python in pythons]
    yield from _found(
        "bytecode-stale",
        [pyc for pyc in ours if pyc.kind is PycKind.UNCHECKED and pyc.matches is False],
        "it is of another source than the one beside it, and is run without being compared (unchecked-hash)",
        _ANEW,
        Severity.ERROR,
    )
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


def _is_cached(pyc: Pyc) -> bool:
    """Whether it lies where bytecode does that has a source."""
    return "/__pycache__/" in f"/{pyc.path}"


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
