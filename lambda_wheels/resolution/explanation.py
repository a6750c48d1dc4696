"""What a target would get, and why not the newest: what the library returns and ``--json`` prints. (Pure values.)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from lambda_wheels.problems import Problem, Severity
from lambda_wheels.resolution.resolution import Resolution
from lambda_wheels.targets import Target
from lambda_wheels.wheels.needs import holds


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainedProject:
    """A project that a target would get."""

    name: str
    """Normalised."""
    version: str
    asked: bool
    """Whether it was asked for, rather than needed by something else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """What one target would get. The names of the attributes are the names in ``--json``."""

    target: Target
    projects: tuple[ExplainedProject, ...]
    """By name; empty where there is no set of wheels that fits."""
    problems: tuple[Problem, ...]
    """Errors where there is none, saying what would work; else warnings: what is held back by the target."""

    @property
    def fits(self) -> bool:
        """Whether the target can have what was asked for."""
        return all(problem.severity is not Severity.ERROR for problem in self.problems)

    @classmethod
    def of(cls, resolution: Resolution) -> Explanation:
        """That of a target for which there is an answer."""
        environment = {**resolution.target.marker_environment, "extra": ""}
        asked = {
            canonicalize_name(name)
            for name, _, _, marker in resolution.asked or ()
            if not marker or holds(Marker(marker), environment)
        }
        return cls(
            target=resolution.target,
            projects=tuple(
                ExplainedProject(name=wheel.name, version=str(wheel.version), asked=wheel.name in asked)
                for wheel in resolution.wheels
            ),
            problems=resolution.problems,
        )

    def as_dict(self) -> dict[str, Any]:
        """The explanation as a JSON object."""
        return {
            "runtime": self.target.runtime,
            "architecture": self.target.architecture,
            "fits": self.fits,
            "projects": [
                {"name": project.name, "version": project.version, "asked": project.asked} for project in self.projects
            ],
            "problems": [problem.as_dict() for problem in self.problems],
        }
