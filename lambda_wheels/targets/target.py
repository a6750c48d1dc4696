"""A target: one runtime on one architecture, and what follows for wheels. (Pure values.)"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from packaging.tags import Tag, compatible_tags, cpython_tags

from lambda_wheels.errors import UsageError
from lambda_wheels.problems import Problem
from lambda_wheels.targets.architectures import ARCHITECTURES, Architecture
from lambda_wheels.targets.runtimes import RUNTIMES, OperatingSystem, Runtime

_LEGACY_MANYLINUX = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}
"""The names that PEP 600 made aliases of manylinux_2_5, _2_12 and _2_17."""

_OTHER_WORDS = {"aarch64": "arm64", "amd64": "x86_64", "x64": "x86_64"}
"""What others call Lambda's architectures: of Lambda's own words, "amd64" looks most like the wrong one."""


@dataclass(frozen=True)
class Target:
    """A Lambda runtime on an architecture: ``Target("python3.13", "arm64")``.

    :raises UsageError: for a runtime or an architecture that Lambda does not have.
    """

    runtime: str
    architecture: str

    def __post_init__(self) -> None:
        problems = [
            *_unknown("runtime", self.runtime, RUNTIMES),
            *_unknown("architecture", self.architecture, ARCHITECTURES),
        ]
        if problems:
            raise UsageError(problems)

    def __str__(self) -> str:
        return f"{self.runtime} on {self.architecture}"

    @property
    def _runtime(self) -> Runtime:
        return RUNTIMES[self.runtime]

    @property
    def _architecture(self) -> Architecture:
        return ARCHITECTURES[self.architecture]

    @property
    def machine(self) -> str:
        """The wheel side's word for the architecture: ``x86_64`` or ``aarch64``."""
        return self._architecture.machine

    @property
    def python(self) -> str:
        """The full version of the target's CPython, ``3.13.0``: a floor, Lambda's may be newer."""
        return self._runtime.python

    @property
    def python_version(self) -> tuple[int, int]:
        """``(3, 13)``."""
        return self._runtime.python_version

    @property
    def interpreter(self) -> str:
        """The interpreter part of a tag, ``cp313``. Lambda's builds have the ABI of the same name."""
        major, minor = self.python_version
        return f"cp{major}{minor}"

    @property
    def operating_system(self) -> OperatingSystem:
        """The image under the runtime."""
        return self._runtime.os

    @property
    def extension_suffixes(self) -> tuple[str, ...]:
        """What the names of extension modules end in there: ``importlib.machinery.EXTENSION_SUFFIXES`` (PEP 3149)."""
        major, minor = self.python_version
        return (f".cpython-{major}{minor}-{self.machine}-linux-gnu.so", ".abi3.so", ".so")

    @cached_property
    def platforms(self) -> tuple[str, ...]:
        """Every platform tag that runs there, newest glibc first, in pip's ``--platform`` words.

        All of them have to be named: pip expands only manylinux2014 and older (its ``--platform`` is literal
        otherwise), and ranks platforms in the order given.
        """
        major, newest = self._runtime.os.glibc
        names = []
        for minor in range(newest, self._architecture.oldest_glibc_minor - 1, -1):
            names.append(f"manylinux_{major}_{minor}_{self.machine}")
            if legacy := _LEGACY_MANYLINUX.get(minor):
                names.append(f"{legacy}_{self.machine}")
        names.append(f"linux_{self.machine}")
        return tuple(names)

    @cached_property
    def tags(self) -> tuple[Tag, ...]:
        """Every wheel tag that runs there, best first: what ``packaging.tags.sys_tags()`` answers inside the image.

        The ABI is always passed on, since ``packaging`` would take the host's debug and free-threading flags for it.
        """
        return (
            *cpython_tags(self.python_version, [self.interpreter], self.platforms),
            *compatible_tags(self.python_version, self.interpreter, self.platforms),
        )

    def accepts(self, tags: Iterable[Tag]) -> bool:
        """Whether a wheel with these tags runs there: one of them has to be the target's."""
        # What is for another ABI or platform is not among the thousand tags, which need not be made to see that.
        likely = [tag for tag in tags if tag.abi in self._abis and tag.platform in self._platform_set]
        return bool(likely) and not self._tag_set.isdisjoint(likely)

    @cached_property
    def _abis(self) -> frozenset[str]:
        return frozenset({self.interpreter, "abi3", "none"})

    @cached_property
    def _platform_set(self) -> frozenset[str]:
        return frozenset({*self.platforms, "any"})

    @cached_property
    def _tag_set(self) -> frozenset[Tag]:
        return frozenset(self.tags)

    @cached_property
    def marker_environment(self) -> dict[str, str]:
        """The environment in which PEP 508 markers are evaluated, as inside Lambda.

        ``platform_release`` and ``platform_version`` are empty: AWS changes the kernel under a function, so that
        nothing true can be said of them.
        """
        major, minor = self.python_version
        return {
            "implementation_name": "cpython",
            "implementation_version": self.python,
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": self.python,
            "python_version": f"{major}.{minor}",
            "sys_platform": "linux",
        }


def _unknown(kind: str, value: str, known: Iterable[str]) -> list[Problem]:
    """One problem if ``value`` is not in ``known``, saying what is known and what may have been meant."""
    names = list(known)
    if value in names:
        return []
    import difflib  # here since names are seldom wrong

    word = str(value).lower()
    close = [name for name in (_OTHER_WORDS.get(word), f"python{word}") if name in names]
    close += difflib.get_close_matches(word, names, n=1)
    guess = f"did you mean {close[0]!r}? " if close else ""
    return [
        Problem(
            rule=f"unknown-{kind}",
            message=f"{value!r} is not a Lambda {kind}",
            hint=f"{guess}Known: {', '.join(names)}",
        )
    ]
