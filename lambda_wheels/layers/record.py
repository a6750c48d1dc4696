"""RECORD as it is in a layer: the files of a wheel that are there. (Pure.)

Source: PyPA specifications, "Recording installed projects" (PEP 376, PEP 627).
"""

from __future__ import annotations

import binascii
import csv
import io
from collections.abc import Iterable

from lambda_wheels.layers.entries import Entry

PYTHON: str = "python/"
"""The folder of a layer that Lambda puts on ``sys.path``, where we put what a wheel puts into site-packages."""
INSTALLER: bytes = b"lambda-wheels\n"
"""The content of our INSTALLER files."""

_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def record_text(entries: Iterable[Entry], record_path: str, folder: str = PYTHON) -> bytes:
    """The RECORD that stands at ``record_path`` and lists ``entries`` and itself; paths are relative to ``folder``."""
    rows = [(recorded_path(record_path, folder), "", "")]
    rows += [(recorded_path(entry.path, folder), _digest(entry.sha256), str(entry.size)) for entry in entries]
    rows.sort()
    plain = "".join(f"{path},{digest},{size}\n" for path, digest, size in rows)
    if plain.count(",") == 2 * len(rows) and '"' not in plain:  # no path needs quotes, as is nearly always so
        return plain.encode()
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def recorded_path(path: str, folder: str = PYTHON) -> str:
    """``path`` of a layer as it stands in a RECORD of a wheel that is in ``folder``."""
    return path.removeprefix(folder) if path.startswith(folder) else _up(folder) + path


def layer_path(recorded: str, folder: str = PYTHON) -> str:
    """The path in a layer of what stands as ``recorded`` in a RECORD of ours, whose wheel is in ``folder``."""
    up = _up(folder)
    return recorded.removeprefix(up) if recorded.startswith(up) else folder + recorded


def _up(folder: str) -> str:
    """From ``folder`` to the top of the layer."""
    return "../" * folder.count("/")


def _digest(sha256: str) -> str:
    # What base64.urlsafe_b64encode does, in half the time: a layer has thousands of files.
    encoded = binascii.b2a_base64(bytes.fromhex(sha256), newline=False).translate(_URL_SAFE, b"=")
    return f"sha256={encoded.decode('ascii')}"
