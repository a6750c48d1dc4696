"""What was learnt about a wheel, in a file beside it. (Reads and writes the disk.)

One header line, ``lambda-wheels facts FORMAT SHA256``, with the sha256 of all that follows, so that damage is noticed;
then one JSON value. Facts are never needed: those that are missing, damaged or of another format are computed again.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

from lambda_wheels.store.atomic import discard, is_plain, write_atomically
from lambda_wheels.wheels import Wheel, wheel_as_json, wheel_from_json

FACTS_FORMAT: Final = 5
"""To be raised whenever ``wheel_as_json`` or the rules for wheels change: older facts are then computed again."""


def encode(wheel: Wheel) -> bytes:
    """The facts as they stand in the file."""
    body = json.dumps(wheel_as_json(wheel), separators=(",", ":")).encode("ascii")
    return _header(body) + body


def decode(content: bytes) -> Wheel:
    """What :func:`encode` wrote.

    :raises ValueError: it did not write this.
    """
    end = content.find(b"\n") + 1
    body = content[end:]
    if content[:end] != _header(body):
        raise ValueError("damaged, or of another format")
    try:
        return wheel_from_json(json.loads(body))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_facts(path: Path) -> Wheel:
    """What is kept at ``path``.

    :raises OSError: nothing is there, or it cannot be read.
    :raises ValueError: :func:`write_facts` did not write it.
    """
    if not is_plain(path):
        raise ValueError("not a plain file")
    return decode(path.read_bytes())


def write_facts(path: Path, wheel: Wheel, *, aside: Path) -> None:
    """Keep the facts at ``path``; a power cut may lose them, which the header shows.

    :raises OSError: they cannot be written.
    """
    if path.is_dir():
        discard(path)
    write_atomically(path, encode(wheel), aside=aside, durable=False)


def _header(body: bytes) -> bytes:
    return f"lambda-wheels facts {FACTS_FORMAT} {hashlib.sha256(body).hexdigest()}\n".encode("ascii")
