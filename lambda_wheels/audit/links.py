"""Where the symbolic links of a layer lead. (Pure.)

Source: path_resolution(7).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from lambda_wheels.audit.held import Held
from lambda_wheels.audit.placed import and_others
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.wheels.layout import folders_above

_MOST: Final = 40
"""How many links Linux follows for one path."""
_LONGEST: Final = 4_096
"""Bytes that a path may have there (``PATH_MAX``): nothing is at a longer one."""
_STEPS: Final = 2_000_000
"""How many components of paths are looked at for one layer: a second or two of them. 65,535 links take some 700,000."""


def led(link: str, to: str) -> str:
    """Where a link leads by itself, below ``/opt``; a path that begins with ``../`` where it leads out of that."""
    path = posixpath.normpath(posixpath.join("/opt", posixpath.dirname(link), to))
    return posixpath.relpath(path, "/opt")


def leads_out(path: str) -> bool:
    """Whether a path below ``/opt`` is none."""
    return path == ".." or path.startswith("../")


def ends(links: Mapping[str, str]) -> dict[str, str | None]:
    """What each link leads to when every link on its way is followed, be it there or not.

    :returns: a path that begins with ``../`` where it leads out of ``/opt``; None where it leads round in a circle, or
        over more links than can be followed.
    """
    found: dict[str, str | None] = {}
    left = _STEPS
    for link in links:
        found[link], left = _followed(link, links, left)
    return found


def _followed(path: str, links: Mapping[str, str], left: int) -> tuple[str | None, int]:
    """What ``path`` leads to, and how many of the steps are left."""
    done = ""
    waiting = path.split("/")[::-1]
    followed = 0
    while waiting and left > 0 and len(done) <= _LONGEST:
        left -= 1
        name = waiting.pop()
        if name in {"", "."}:
            continue
        if name == ".." and done:
            done = done.rpartition("/")[0]
            continue
        if name == "..":
            to = "/".join(["/opt/..", *waiting[::-1]])
            waiting.clear()
        elif (to := links.get(place := f"{done}/{name}" if done else name, "")) == "":
            done = place
            continue
        else:
            followed += 1
        if followed > _MOST:
            return None, left
        if to.startswith("/"):
            done, to = "", led("", to)
            if leads_out(to):
                return to, left
        waiting += to.split("/")[::-1]
    return (done or ".") if left > 0 else None, left


def links(held: Held) -> Iterator[Problem]:
    """A link leads to something of the layer; what is alike is one finding, which names the first."""
    there = {".", *held.files, *held.folders, *(folder for path in held.files for folder in folders_above(path))}
    out = {link: to for link, to in sorted(held.links.items()) if leads_out(led(link, to))}
    found = {link: end for link, end in sorted(ends(held.links).items()) if link not in there and link not in out}
    circles = [link for link, end in found.items() if end is None]
    broken = {link for link, end in found.items() if end is None or not (end in there or leads_out(end))}
    nowhere = [
        link
        for link in sorted(broken.difference(circles))
        if broken.isdisjoint((path := led(link, held.links[link]), *folders_above(path)))  # else that one is told of
    ]
    for alike, message, severity in (
        ([*out], "it leads out of the layer", Severity.ERROR),
        (circles, "it leads round in a circle, or over too many links", Severity.WARNING),
        (nowhere, "it leads nowhere", Severity.WARNING),
    ):
        if alike:
            yield Problem(
                rule="link-leads-out",
                severity=severity,
                member=alike[0],
                message=f"{message}, to {held.links[alike[0]]}{and_others(len(alike) - 1)}",
                hint="put the file itself there, or leave it out",
            )
