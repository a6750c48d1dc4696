"""Source files for the tests: what their code consists of is what marshalling can do. (Pure.)"""

from __future__ import annotations

SHARED = 'a = {"foo", 2, 3}\n\n\ndef f():\n    b = {"foo", 2, 3}\n    return "foo", "text with spaces", 1.5, b\n'
"""Of python/cpython#129724: its bytes depend on whether ``foo`` was interned before."""

RICH = '''
"""The module."""
import os, sys as system
from collections import abc

LARGE, NEGATIVE, FRACTION, COMPLEX = 1 << 80, -(1 << 40), 0.1, 2j
ZEROS = (0, 0.0, -0.0, 0j, False)
ONES = (1, 1.0, True)
TEXTS = ("", "x", "é", "größer", "\\ud800", "name", "no name", "name" * 100, "é" * 300, "a-b " * 100)
BYTES = (b"", b"x", b"name", bytes(3))
NESTED = ((1, (2, (3, ())), ((), ((),))), (1, (2, (3, ()))))
KNOWN = os.name in {"posix", "nt", ("java", 1), 3.5, None, b"nt", frozenset()}
SLICED = "abc"[1:2], NESTED[::1]


class Outer(metaclass=type):
    """The class."""

    attribute: int = 3

    class Inner:
        def method(self, a, /, b, *args, c=1, **kwargs):
            """The method."""
            self.one = self.two = b

            def closure():
                nonlocal a
                a = __class__
                return lambda x=a: (x, args, kwargs, c)

            return closure

    def finally_(self):
        try:
            yield from (n for n in range(10) if n not in {1, 2, 3})
        except (ValueError, OSError) as error:
            raise RuntimeError(f"{error!r:>{10}} {system.path}") from None
        finally:
            return [lambda: 0, {"é": 1}]

    async def asynchronous(self):
        async with self as x, self:
            async for y in x:
                yield await y


def long_tuple():
    return LONG
'''.replace("LONG\n", str(tuple(range(300))) + "\n")
"""Something of everything."""
