"""What the tests of hostile input share."""

from tests.hostile.killing import dice, rounds, scene
from tests.hostile.locked_builds import built, refused, temporary
from tests.loopback import bare_surroundings, build, index, out, served, store

__all__ = [
    "bare_surroundings",
    "build",
    "built",
    "dice",
    "index",
    "out",
    "refused",
    "rounds",
    "scene",
    "served",
    "store",
    "temporary",
]
