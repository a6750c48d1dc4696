"""What of a layer is there by way of its links, as Python and the loader find it. (Pure.)"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from itertools import islice
from typing import Final

from lambda_wheels.audit.links import ends, leads_out
from lambda_wheels.targets.limits import ZIP_ENTRIES_LIMIT

_MOST: Final = ZIP_ENTRIES_LIMIT
"""How many files there may be by way of links: a few links can make many of few."""
_AFTER_SLASH: Final = chr(ord("/") + 1)


def linked_files(links: Mapping[str, str], files: Mapping[str, object]) -> dict[str, str]:
    """Each file that a link leads to, or that is in a folder that one leads to: by the path that it has there, its own.

    Of links in such a folder only those to files count, and a link to a folder above it for nothing.
    """
    within = {link: end for link, end in ends(links).items() if end is not None and not leads_out(end)}
    found = {link: end for link, end in within.items() if end in files}
    known = sorted([*files, *found])
    inside = (
        (link + path.removeprefix(end), found.get(path, path))
        for link, end in within.items()
        if end not in files and end != "." and not link.startswith(f"{end}/")
        for path in _below(end, known)
    )
    return found | dict(islice(inside, _MOST))


def _below(folder: str, known: list[str]) -> list[str]:
    """Those of the sorted paths that are in ``folder``."""
    return known[bisect_left(known, f"{folder}/") : bisect_left(known, f"{folder}{_AFTER_SLASH}")]
