"""Builds that see nothing of this machine but servers on loopback."""

from __future__ import annotations

from tests.loopback import bare_surroundings, build, index, out, served, store

__all__ = ["bare_surroundings", "build", "index", "out", "served", "store"]
