"""A layer's tree is the tree that pip writes, on popular projects of every kind, from the real index."""

from __future__ import annotations

import hashlib
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import lambda_wheels

pytestmark = [pytest.mark.network, pytest.mark.pip, pytest.mark.process]

KINDS = {
    "native": ["numpy", "orjson", "lxml", "pillow", "msgpack", "greenlet"],
    "abi3": ["cryptography", "psutil", "bcrypt", "tornado"],
    "pure": ["requests", "flask", "sqlalchemy", "boto3", "rich", "attrs"],
    "namespace": ["google-cloud-storage", "azure-core", "zope.interface", "ruamel.yaml", "jaraco.functools"],
    "scripts": ["ruff", "awscli", "docutils", "coverage"],
    "data-files": ["jupyterlab-widgets", "bqplot", "tzdata", "pytz", "jsonschema"],
    "many-files": ["sympy", "babel", "faker"],
}

WRITTEN_BY_THE_INSTALLER = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
"""What every installer writes for itself into a dist-info folder."""
OF_THE_HOST = ("bin", "include")
"""Scripts, with the path of pip's own interpreter, and headers, in a folder named for it."""


def _tree(root: Path) -> dict[str, str]:
    """Path to sha256 of every file below ``root`` that does not depend on pip's host."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
        and path.relative_to(root).parts[0] not in OF_THE_HOST
        and not (path.parent.name.endswith(".dist-info") and path.name in WRITTEN_BY_THE_INSTALLER)
    }


@pytest.mark.parametrize(("kind", "architecture"), [*((kind, "arm64") for kind in KINDS), ("native", "x86_64")])
def test_the_tree_is_what_the_plain_pip_command_writes(kind: str, architecture: str, tmp_path: Path) -> None:
    """File for file, the folder holds what ``layer.pip_command`` writes, run for real."""
    layer = lambda_wheels.build_layer(
        KINDS[kind],
        runtime="python3.13",
        architecture=architecture,
        output=tmp_path / "ours",
    )
    command = shlex.split(layer.pip_command)
    assert command[0] == "pip"
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    subprocess.run(
        [sys.executable, "-m", *command, "--quiet", "--disable-pip-version-check"],
        cwd=theirs,
        check=True,
    )

    assert not any((tmp_path / "ours" / "python" / name).exists() for name in OF_THE_HOST)
    ours = _tree(tmp_path / "ours" / "python")
    pips = _tree(theirs / "python")

    assert len(layer.wheels) >= len(KINDS[kind])
    assert ours == pips
