"""Locks for the tests, as texts and as values. (Pure.)"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli_w
from packaging.pylock import Pylock

SHA256 = "a" * 64
HOST = "https://files.example.org"


def wheel(filename: str = "demo-1.0-py3-none-any.whl", **changes: Any) -> dict[str, Any]:
    """A wheel of an entry; what is changed to None is left out."""
    given = {"url": f"{HOST}/{filename}", "hashes": {"sha256": SHA256}} | changes
    return {name: value for name, value in given.items() if value is not None}


def entry(*wheels: dict[str, Any], name: str = "demo", version: str | None = "1.0", **more: Any) -> dict[str, Any]:
    """An entry with ``wheels``."""
    made: dict[str, Any] = {"name": name} | ({"version": version} if version else {})
    return made | ({"wheels": [*wheels]} if wheels else {}) | {key.replace("_", "-"): more[key] for key in more}


def as_dict(*packages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A whole lock, as TOML has it."""
    head = {"lock-version": "1.0", "created-by": "somebody"}
    return head | {key.replace("_", "-"): more[key] for key in more} | {"packages": [*packages]}


def lock_of(*packages: dict[str, Any], **more: Any) -> Pylock:
    """The same, read by ``packaging``."""
    return Pylock.from_dict(as_dict(*packages, **more))


def write_lock(path: Path, *packages: dict[str, Any], **more: Any) -> Path:
    """The same as a file."""
    path.write_text(tomli_w.dumps(as_dict(*packages, **more)), encoding="utf-8")
    return path
