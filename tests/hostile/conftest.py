"""What the hostile tests share."""

from tests.loopback import bare_surroundings, build, index, out, served, store

__all__ = ["bare_surroundings", "build", "index", "out", "served", "store"]
