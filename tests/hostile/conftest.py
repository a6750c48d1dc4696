"""What the tests of hostile input share."""

from tests.hostile.locked_builds import built, refused, temporary
from tests.loopback import bare_surroundings, build, index, out, served, store

__all__ = ["bare_surroundings", "build", "built", "index", "out", "refused", "served", "store", "temporary"]
