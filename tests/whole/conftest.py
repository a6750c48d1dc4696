"""What the tests of whole builds share."""

from tests.loopback import bare_surroundings, build, index, out, served, store
from tests.whole.locking import demo, lock, path

__all__ = ["bare_surroundings", "build", "demo", "index", "lock", "out", "path", "served", "store"]
