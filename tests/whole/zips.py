"""What is in a layer's zip, read by another reader than ours. (Reads the disk.)"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import lambda_wheels


def unzipped(path: Path) -> dict[str, tuple[int, bytes]]:
    """Mode and content of every file in a zip, as :func:`snapshot` gives them of a folder."""
    with zipfile.ZipFile(path) as archive:
        return {info.filename: (info.external_attr >> 16 & 0o7777, archive.read(info)) for info in archive.infolist()}


def manifest(layer: lambda_wheels.Layer) -> Any:
    """The manifest in a zip, parsed."""
    [(_, content)] = [value for name, value in unzipped(layer.path).items() if name.startswith("lambda-wheels/")]
    return json.loads(content)
