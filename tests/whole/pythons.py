"""Other interpreters of this machine, and what they need to run the library from here. (Starts processes.)"""

from __future__ import annotations

import functools
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
OWN = "{}.{}".format(*sys.version_info[:2])

_NEEDED = ("packaging", "pip", "platformdirs", "filelock")
_PROBE = "import ssl, sys, zlib; print('%d.%d' % sys.version_info[:2])"


@functools.cache
def find_interpreter(version: str) -> str | None:
    """The path of a CPython ``version`` that really runs; None if there is none."""
    if version == OWN:
        return sys.executable
    for path in _candidates(version):
        try:
            # A command of that name may be a launcher of something that is not there (pyenv's are).
            answer = subprocess.run(
                [path, "-I", "-c", _PROBE], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if answer.stdout.strip() == version:
            return str(path)
    return None


def _candidates(version: str) -> Iterator[Path]:
    """What may be that Python, on PATH or where pyenv and uv install them."""
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local/share/uv/python")
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders += [*pyenv.glob(f"versions/{version}*/bin"), *uv.glob(f"cpython-{version}*/bin")]
    for folder in folders:
        path = folder / f"python{version}"
        if path.is_file():
            yield path


def import_path() -> str:
    """PYTHONPATH with which another interpreter imports us and what we need, which is all pure Python."""
    places = [str(ROOT)]
    for name in _NEEDED:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        places.append(str(Path(spec.origin).parent.parent))
    return os.pathsep.join(dict.fromkeys(places))
