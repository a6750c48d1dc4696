"""A layer that was built: what the library returns and ``--json`` prints. (Pure values.)"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambda_wheels.problems import Problem
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Wheel


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerWheel:
    """A wheel in a layer."""

    name: str
    """The project, normalised."""
    version: str
    filename: str
    sha256: str
    """Of the wheel file, hexadecimal."""
    size: int
    """Of the wheel file, in bytes."""
    tags: tuple[str, ...]
    """Its tags, ``cp312-cp312-manylinux_2_28_x86_64``, sorted."""

    @classmethod
    def of(cls, wheel: Wheel) -> LayerWheel:
        """What a layer says of ``wheel``."""
        return cls(
            name=wheel.name,
            version=str(wheel.version),
            filename=wheel.filename,
            sha256=wheel.sha256,
            size=wheel.size,
            tags=tuple(sorted(map(str, wheel.tags))),
        )

    def as_dict(self) -> dict[str, Any]:
        """The wheel as a JSON object."""
        return {
            "name": self.name,
            "version": self.version,
            "filename": self.filename,
            "sha256": self.sha256,
            "size": self.size,
            "tags": list(self.tags),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A layer on disk. The names of the attributes are the names in ``--json``."""

    path: Path
    """The zip, or the folder that holds ``python/``."""
    sha256: str | None
    """Of the zip, hexadecimal; None for a folder, as for the next and for ``zip_size``."""
    code_sha256: str | None
    """The same in base64, as Lambda reports it (``CodeSha256``)."""
    content_sha256: str
    """Of what it holds, however that is packed: see the reference."""
    zip_size: int | None
    """Bytes of the zip."""
    unzipped_size: int
    """Bytes of its files, which Lambda's limit is about."""
    wheels: tuple[LayerWheel, ...]
    """By name."""
    targets: tuple[Target, ...]
    """What it was built for."""
    compatible_runtimes: tuple[str, ...]
    """The runtimes that it fits, going by tags, ``Requires-Python``, markers and machine code."""
    compatible_architectures: tuple[str, ...]
    """The architectures: it fits each of them with each of the runtimes."""
    warnings: tuple[Problem, ...]
    """Problems that did not stop the build."""
    passed_over: tuple[Problem, ...]
    """What kept arm64 away where the architecture was ``auto`` and became x86_64; else empty."""
    pip_command: str
    """The plain pip command whose tree this is; for several runtimes a line for each, which fills its folder."""

    def as_dict(self) -> dict[str, Any]:
        """The layer as a JSON object."""
        return {
            "path": str(self.path),
            "sha256": self.sha256,
            "code_sha256": self.code_sha256,
            "content_sha256": self.content_sha256,
            "zip_size": self.zip_size,
            "unzipped_size": self.unzipped_size,
            "wheels": [wheel.as_dict() for wheel in self.wheels],
            "targets": [{"runtime": target.runtime, "architecture": target.architecture} for target in self.targets],
            "compatible_runtimes": list(self.compatible_runtimes),
            "compatible_architectures": list(self.compatible_architectures),
            "warnings": [problem.as_dict() for problem in self.warnings],
            "passed_over": [problem.as_dict() for problem in self.passed_over],
            "pip_command": self.pip_command,
        }
