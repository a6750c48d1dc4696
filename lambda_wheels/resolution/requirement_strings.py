"""A requirement as a string: what is wrong with it before anything is asked of it. (Looks at the disk.)"""

from __future__ import annotations

import os
import re
import urllib.parse
from typing import Final

from packaging.requirements import InvalidRequirement
from packaging.utils import canonicalize_name

from lambda_wheels.problems import Problem
from lambda_wheels.resolution.redaction import public_url, redact, url_fault
from lambda_wheels.resolution.requirement_files import no_wheel
from lambda_wheels.wheels.filename import parse_filename
from lambda_wheels.wheels.needs import requirement_in

_FILE_ENDINGS: Final = (".txt", ".toml", ".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz", ".in", ".cfg", ".lock")
"""Endings with which a string is taken for a file meant as a path. As a project's name a stranger could own it."""

_LONGEST: Final = 4000
"""Characters: Python reads no number with more digits, and pip takes minutes for thousands of extras."""

_URL: Final = r"[A-Za-z][A-Za-z0-9+.-]*:"


def check_string(text: str) -> list[Problem]:
    """What is wrong with a requirement given as a string; at most one problem."""
    if len(text) > _LONGEST:
        return [
            Problem(rule="bad-requirement", message=f"{redact(text[:_LONGEST])[:50]!r}… is too long for a requirement")
        ]
    shown = redact(text)
    if _has_other_bytes(text):
        return [Problem(rule="bad-requirement", message=f"{shown!r} holds bytes that are not UTF-8")]
    if not text.isprintable():
        return [Problem(rule="bad-requirement", message=f"{shown!r} holds a line break or another control character")]
    stripped = text.strip()
    if stripped.startswith("-"):
        return [
            Problem(
                rule="bad-requirement",
                message=f"{shown!r} is an option, not a requirement",
                hint="options are parameters (and flags) of their own; a requirement file is given as a Path",
            )
        ]
    if re.match(_URL, stripped):
        return [
            Problem(
                rule="bad-requirement",
                message=f"{shown!r} is a URL, which does not say of which project",
                hint="write it as NAME @ URL",
            )
        ]
    if "@" not in stripped and (stripped.lower().endswith(_FILE_ENDINGS) or _names_something(stripped)):
        return [
            Problem(
                rule="string-for-path",
                message=f"{shown!r} looks like a file, but a string is a requirement",
                hint=f"did you mean Path({shown.strip()!r})? (On the command line: {_flag(shown.strip())})",
            )
        ]
    try:
        requirement = requirement_in(stripped)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        return [
            Problem(
                rule="bad-requirement",
                message=f"{shown!r} is not a requirement as PEP 508 defines it: {redact(reason)}",
                hint='write it as NAME, NAME>=1.0 or NAME[extra]==1.0; python_version<"3.13"',
            )
        ]
    return _check_url(requirement.name, requirement.url) if requirement.url else []


def _names_something(text: str) -> bool:
    """Whether ``text`` names something on this disk; without a separator in it, a file: a folder is often named so."""
    # Where that cannot be told it is a requirement as any other, and refused if it is none.
    return os.path.isfile(text) or ("/" in text.replace(os.sep, "/") and os.path.exists(text))  # noqa: PTH110, PTH113


def _flag(text: str) -> str:
    """How a file is given on the command line."""
    return f"./{text}" if text.lower().endswith(".whl") else f"-r {text}"


def _check_url(name: str, url: str) -> list[Problem]:
    """What is wrong with the URL of ``name @ URL``; at most one problem."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return [Problem(rule="bad-requirement", project=name, message="its URL is malformed")]
    if "@" in parts.netloc:
        return [
            Problem(
                rule="url-credentials",
                project=name,
                message=f"{public_url(url)} carries a user or a password",
                hint="put them into netrc or a keyring, or into the index's URL if the file lies on the same host",
            )
        ]
    if parts.scheme not in {"http", "https", "file"} or not parts.path.endswith(".whl"):
        return [no_wheel(public_url(url))]
    if fault := url_fault(urllib.parse.urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))):
        return [Problem(rule="bad-requirement", project=name, message=f"its URL is malformed: {fault}")]
    if "\0" in urllib.parse.unquote(parts.path):
        return [Problem(rule="bad-requirement", project=name, message="its URL holds a NUL")]
    filename = urllib.parse.unquote(parts.path.rpartition("/")[2])
    try:
        project, _, _, _ = parse_filename(filename)
    except ValueError as error:
        return [Problem(rule="wheel-filename", project=name, message=str(error))]
    if project != canonicalize_name(name):
        return [Problem(rule="bad-requirement", project=name, message=f"its URL is that of a wheel of {project}")]
    return []


def _has_other_bytes(text: str) -> bool:
    """Whether ``text`` came from bytes that are not UTF-8, which Python turns into lone surrogates."""
    return any("\ud800" <= character <= "\udfff" for character in text)
