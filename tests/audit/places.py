"""Layers of machine code, as the rules see them. (Pure.)"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from lambda_wheels.audit import Placed
from lambda_wheels.targets import Target
from lambda_wheels.wheels.elf import read_native
from tests.elf_factory import elf

INTEL = Target("python3.13", "x86_64")
ARM = Target("python3.13", "arm64")
OLD = Target("python3.11", "x86_64")

Files = Mapping[str, bytes | Mapping[str, Any]]
"""By paths in the layer, contents or the arguments of :func:`elf`."""


def content_of(file: bytes | Mapping[str, Any]) -> bytes:
    """The bytes of a file."""
    return file if isinstance(file, bytes) else elf(**file)


def places(files: Files, project: str | None = "demo") -> list[Placed]:
    """The files in a layer, brought by one wheel; without a project by nobody known."""
    wheel = f"{project}-1.0-cp313-cp313-manylinux_2_28_x86_64.whl" if project else None
    return [
        Placed(path, read_native(path.removeprefix("python/"), BytesIO(content_of(file))), project, wheel)
        for path, file in files.items()
    ]
