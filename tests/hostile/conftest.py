"""What the hostile tests share."""

from tests.hostile.killing import dice, rounds, scene
from tests.loopback import bare_surroundings, build, index, out, served, store

__all__ = ["bare_surroundings", "build", "dice", "index", "out", "rounds", "scene", "served", "store"]
