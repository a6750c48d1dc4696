"""A resolution: the wheels for a target, and what is promised of each. (Pure values.)"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from packaging.utils import NormalizedName
from packaging.version import Version

from lambda_wheels.problems import Problem
from lambda_wheels.resolution.closure import TopRequirement
from lambda_wheels.targets import Target


class Told(NamedTuple):
    """What an index told of a wheel's metadata, on which pip's choice rests."""

    requires_dist: tuple[str, ...]
    requires_python: str
    provides_extra: frozenset[NormalizedName]


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolvedWheel:
    """A wheel that pip chose, or that a lock names."""

    name: NormalizedName
    version: Version
    filename: str
    url: str = field(repr=False)
    """Where it lies: http, https or file. May hold a token in its query: shown only through ``public_url``."""
    sha256: str
    direct: bool
    """Whether a URL or a path named it, rather than a requirement that an index answered."""
    told: Told | None = None
    """None where a lock names the wheel, and nobody told anything of its metadata."""
    index: str = ""
    """The index on whose page it stood, without credentials; empty where that is not known."""
    size: int | None = None
    """Bytes, where a lock says so."""
    hashes: tuple[tuple[str, str], ...] = ()
    """Further digests that a lock gives: for each the name that ``hashlib`` has for its kind, and it in hexadecimal."""


class Resolution(NamedTuple):
    """The wheels for a target, sorted by name, each fitting and all of them complete."""

    target: Target
    wheels: tuple[ResolvedWheel, ...]
    problems: tuple[Problem, ...] = ()
    """Warnings: a release that was yanked."""
    asked: tuple[TopRequirement, ...] | None = None
    """What was asked for, as pip understood it; None where a lock says which wheels, and nobody knows for whom."""
    places: tuple[str, ...] = ()
    """As arguments of pip: the indexes, places and trusted hosts that requirement files brought; no credentials."""
    credentials: tuple[str, ...] = ()
    """The URLs of indexes that carry credentials: they serve for the files there, too."""
    uploaded_prior_to: str = ""
    """The time before which every file was uploaded, with its zone (ISO 8601), where that was asked for."""

    def __repr__(self) -> str:
        """Without what may be secret."""
        return f"Resolution({self.target}, wheels={self.wheels}, places={self.places})"
