"""What was seen of layers and functions: what the library returns and ``--json`` prints. (Pure values.)"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambda_wheels.problems import Problem
from lambda_wheels.targets import Target


@dataclass(frozen=True, kw_only=True, slots=True)
class InspectedProject:
    """A project in a layer."""

    name: str
    version: str
    unzipped_size: int
    """Bytes of the files that RECORD says are its own."""

    def as_dict(self) -> dict[str, Any]:
        """The project as a JSON object."""
        return {"name": self.name, "version": self.version, "unzipped_size": self.unzipped_size}


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerInspection:
    """A layer, on disk or in AWS. The names of the attributes are the names in ``--json``."""

    path: Path | None
    """None for a layer version."""
    arn: str | None
    """Of the layer version; None for what is on disk."""
    description: str
    """Without the digest that publishing adds."""
    license: str
    code_sha256: str | None
    """The zip's sha256 in base64; None for a folder, as is ``zip_size``."""
    content_sha256: str
    zip_size: int | None
    """Bytes."""
    unzipped_size: int
    """Bytes."""
    is_ours: bool
    """Whether it has a manifest of ours."""
    targets: tuple[Target, ...]
    """What it was built for; else what its version says that it runs on."""
    compatible_runtimes: tuple[str, ...]
    """What a version says; for what is on disk what is computed. Empty where nothing is known."""
    compatible_architectures: tuple[str, ...]
    projects: tuple[InspectedProject, ...]
    """The largest first."""
    problems: tuple[Problem, ...]
    """What is found for ``targets``; where there are none, what is wrong with the archive only."""

    def as_dict(self) -> dict[str, Any]:
        """The layer as a JSON object."""
        return {
            "path": None if self.path is None else str(self.path),
            "arn": self.arn,
            "description": self.description,
            "license": self.license,
            "code_sha256": self.code_sha256,
            "content_sha256": self.content_sha256,
            "zip_size": self.zip_size,
            "unzipped_size": self.unzipped_size,
            "is_ours": self.is_ours,
            "targets": [{"runtime": target.runtime, "architecture": target.architecture} for target in self.targets],
            "compatible_runtimes": list(self.compatible_runtimes),
            "compatible_architectures": list(self.compatible_architectures),
            "projects": [project.as_dict() for project in self.projects],
            "problems": [problem.as_dict() for problem in self.problems],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionInspection:
    """A function with its layers. The names of the attributes are the names in ``--json``."""

    function: str
    """Its ARN."""
    runtime: str
    architecture: str
    code_size: int | None
    """Bytes of its own code, unzipped; None where that could not be read."""
    unzipped_size: int
    """Bytes of the code and all layers, as far as they are known."""
    left: int
    """Bytes that may be added before Lambda's limit (AWS, "Lambda quotas"), as far as the others are known."""
    layers: tuple[LayerInspection, ...]
    """In the order in which they are unpacked; those that could not be read are left out."""
    projects_twice: dict[str, tuple[str, ...]]
    """The projects that several layers bring, and which: of files at one path, the last layer's is used."""
    problems: tuple[Problem, ...]
    """Why layers could not be read."""

    def as_dict(self) -> dict[str, Any]:
        """The function as a JSON object."""
        return {
            "function": self.function,
            "runtime": self.runtime,
            "architecture": self.architecture,
            "code_size": self.code_size,
            "unzipped_size": self.unzipped_size,
            "left": self.left,
            "layers": [layer.as_dict() for layer in self.layers],
            "projects_twice": {name: list(arns) for name, arns in self.projects_twice.items()},
            "problems": [problem.as_dict() for problem in self.problems],
        }
