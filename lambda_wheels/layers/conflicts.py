"""Files of several wheels at one path: which stays, and which cannot be settled. (Pure.)

pip lets the last wheel win without a word; what then works depends on the order of installation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lambda_wheels.layers.entries import Entry
from lambda_wheels.layers.record import PYTHON
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.wheels import Wheel
from lambda_wheels.wheels.layout import folders_above
from lambda_wheels.wheels.names import folded

RULE = "path-conflict"


class Share(NamedTuple):
    """What one wheel puts into the layer."""

    wheel: Wheel
    entries: Sequence[Entry]
    folder: str = PYTHON
    """Where its modules are."""


class Settlement(NamedTuple):
    """What came of looking at all shares together."""

    given_way: frozenset[tuple[str, str]]
    """(file name of the wheel, path) of what is left out under a waiver."""
    waived: frozenset[str]
    """The waivers that were used."""
    problems: tuple[Problem, ...]
    """Errors and warnings."""


@dataclass(kw_only=True, slots=True)
class _Paths:
    """The paths that two wheels dispute."""

    stays: Wheel
    other: Wheel
    paths: list[str] = field(default_factory=list)


def settle(shares: Sequence[Share], allow: Collection[str] = ()) -> Settlement:
    """Look for paths that more than one wheel claims. The result follows the order of ``shares``.

    :param allow: waivers, ``path-conflict:PROJECT``: the file of that project gives way. Where every claim has one,
        the first wheel's file stays.
    """
    folders = _folders(shares)
    problems = [*_twice(shares), *_files_and_folders(shares, folders)]
    disputes: dict[tuple[str, str], _Paths] = {}
    leaving: dict[tuple[str, str], _Paths] = {}
    for path, claims in _shared_paths(shares):
        if len({entry.sha256 for _, entry in claims}) == 1:
            continue  # namespace packages share an __init__.py
        keep, keep_entry = next((claim for claim in claims if f"{RULE}:{claim[0].name}" not in allow), claims[0])
        for wheel, entry in claims:
            if entry.sha256 == keep_entry.sha256:
                continue
            kind = leaving if f"{RULE}:{wheel.name}" in allow else disputes
            pair = kind.setdefault((keep.filename, wheel.filename), _Paths(stays=keep, other=wheel))
            pair.paths.append(path)
    problems += [_dispute(pair) for pair in disputes.values()]
    problems += [_left_out(pair) for pair in leaving.values()]
    problems += _case_conflicts(shares, folders)
    return Settlement(
        given_way=frozenset((pair.other.filename, path) for pair in leaving.values() for path in pair.paths),
        waived=frozenset(f"{RULE}:{pair.other.name}" for pair in leaving.values()),
        problems=tuple(problems),
    )


def _shared_paths(shares: Sequence[Share]) -> Iterator[tuple[str, list[tuple[Wheel, Entry]]]]:
    """Each path that several wheels claim, with the claims."""
    first: dict[str, tuple[Wheel, Entry]] = {}
    shared: dict[str, list[tuple[Wheel, Entry]]] = {}
    for share in shares:
        for entry in share.entries:
            claim = (share.wheel, entry)
            earlier = first.setdefault(entry.path, claim)
            if earlier[0] is not share.wheel:
                shared.setdefault(entry.path, [earlier]).append(claim)
    yield from sorted(shared.items())


def _dispute(pair: _Paths) -> Problem:
    return Problem(
        rule=RULE,
        project=pair.other.name,
        wheel=pair.other.filename,
        member=pair.paths[0],
        message=f"{pair.stays.filename} has another file at this path{_others(pair.paths)}",
        hint=f"leave out {pair.stays.name} or {pair.other.name}, or allow {RULE}:{pair.other.name} "
        f"(or {RULE}:{pair.stays.name}), which leaves out that project's file",
    )


def _left_out(pair: _Paths) -> Problem:
    return Problem(
        rule=RULE,
        severity=Severity.WARNING,
        project=pair.other.name,
        wheel=pair.other.filename,
        member=pair.paths[0],
        message=f"left out, as allowed, for the other file of {pair.stays.filename}{_others(pair.paths)}",
    )


def _others(paths: Sequence[str]) -> str:
    match len(paths):
        case 1:
            return ""
        case 2:
            return ", and at 1 other"
        case count:
            return f", and at {count - 1} others"


def _twice(shares: Sequence[Share]) -> Iterator[Problem]:
    """What one wheel puts twice at one path, by way of its ``.data`` folder."""
    for share in shares:
        if len({entry.path for entry in share.entries}) == len(share.entries):
            continue
        seen: set[str] = set()
        for entry in share.entries:
            if entry.path in seen:
                yield Problem(
                    rule="file-twice",
                    project=share.wheel.name,
                    wheel=share.wheel.filename,
                    member=entry.path,
                    message="two files of the wheel land here",
                )
            seen.add(entry.path)


def _folders(shares: Sequence[Share]) -> dict[str, Wheel]:
    """Every folder of the layer, with the first wheel that has it."""
    folders: dict[str, Wheel] = {}
    for share in shares:
        for entry in share.entries:
            if entry.path.rpartition("/")[0] in folders:  # mostly, as files of a folder follow one another
                continue
            for folder in folders_above(entry.path):
                folders.setdefault(folder, share.wheel)
    return folders


def _files_and_folders(shares: Sequence[Share], folders: Mapping[str, Wheel]) -> Iterator[Problem]:
    """What is a file for one wheel and a folder for another (or for itself, by way of its ``.data`` folder)."""
    if folders.keys().isdisjoint(entry.path for share in shares for entry in share.entries):
        return
    for share in shares:
        for entry in share.entries:
            if entry.path in folders:
                yield Problem(
                    rule="file-and-folder",
                    project=share.wheel.name,
                    wheel=share.wheel.filename,
                    member=entry.path,
                    message=f"is a file here and a folder in {folders[entry.path].filename}",
                    hint="leave out one of the two",
                )


def _case_conflicts(shares: Sequence[Share], folders: Mapping[str, Wheel]) -> Iterator[Problem]:
    """Paths that are one on a file system that ignores case, or how a letter is composed.

    They are harmless in Lambda, not where a folder is unpacked.
    """
    owners = {entry.path: share.wheel for share in reversed(shares) for entry in share.entries}
    owners.update(folders)
    if len({*map(folded, owners)}) == len(owners):
        return
    spellings: dict[str, list[str]] = defaultdict(list)
    for path in sorted(owners):
        spellings[folded(path)].append(path)
    for key, paths in sorted(spellings.items()):
        if len(spellings.get(key.rpartition("/")[0], ())) > 1:
            continue  # the folder above is reported
        for path in paths[1:]:
            first, wheel = owners[paths[0]], owners[path]
            # Of one wheel the names of its members were held against each other, but not the scripts made for it.
            if first is not wheel or path.startswith("bin/"):
                yield Problem(
                    rule="case-conflict",
                    severity=Severity.WARNING,
                    project=wheel.name,
                    wheel=wheel.filename,
                    member=path,
                    message=f"differs only in case from {paths[0]} in {first.filename}",
                )
