"""Layers by hand, for the Python that runs the tests. (Writes the disk.)"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from lambda_wheels import Target

ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}

OWN = Target("python{}.{}".format(*sys.version_info[:2]), ARCHITECTURES.get(platform.machine(), "x86_64"))
"""The target whose Python runs the tests, where Lambda has the machine."""

SITE = f"python/lib/{OWN.runtime}/site-packages"

ON_LINUX = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ARCHITECTURES or sys.version_info.releaselevel != "final",
    reason="only Linux on one of Lambda's machines imports a layer",
)


def make_layer(folder: Path, files: Mapping[str, str]) -> Path:
    """Write ``files`` into a new folder within ``folder``; a name without a folder is one in ``python/``."""
    tree = folder / "a layer"
    for name, content in files.items():
        path = tree / (name if "/" in name else f"python/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tree
