"""pip's own options that a caller may give, under pip's names. (Pure.)"""

from __future__ import annotations

import datetime
import os
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict, cast, get_type_hints

from lambda_wheels.errors import UsageError
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.redaction import public_url

Many = str | Path | Iterable[str | Path]


class IndexOptions(TypedDict, total=False):
    """Where pip looks for wheels, how it gets there, and what it may choose; each as the flag of pip of that name.

    What is not given comes from pip's configuration and environment, as for pip itself; but nothing there can change
    the target, the place or the selection.
    """

    index_url: str
    """The package index, instead of the configured one. May carry ``user:password@``, which is never shown."""
    extra_index_url: Many
    """Further indexes. One that fails fails the build: it is never resolved around."""
    find_links: Many
    """Folders of wheels, or pages that link to wheels."""
    no_index: bool
    """Look at no index, only at ``find_links``."""
    constraint: Many
    """Files of constraints."""
    pre: bool
    """Take pre-releases too."""
    uploaded_prior_to: str | datetime.datetime
    """Take only files uploaded before this time (ISO 8601; UTC where no zone is given), or this long ago (``P7D``)."""
    require_hashes: bool
    """Require a hash for every requirement."""
    trusted_host: Many
    """Hosts that are read without HTTPS."""
    cert: str | Path
    """A file of certificates to trust (PEM)."""
    client_cert: str | Path
    """A client certificate with its key (PEM)."""
    proxy: str
    """A proxy, ``scheme://[user:password@]host:port``."""
    keyring_provider: str
    """``auto``, ``disabled``, ``import`` or ``subprocess``."""
    timeout: float
    """Seconds without an answer after which a connection is given up (pip's default: 15)."""
    retries: int
    """How often a connection is tried again (pip's default: 5)."""


_NAMES = frozenset(get_type_hints(IndexOptions))


def settled(options: IndexOptions) -> IndexOptions:
    """The same options, to be read more than once: one that was given as a generator would be empty the second time."""
    return cast(IndexOptions, {name: _once(value) for name, value in options.items()})


def _once(value: Any) -> Any:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else value


def pip_options(options: Mapping[str, Any]) -> list[str]:
    """The options as arguments of pip.

    :raises UsageError: for an index whose address is not a URL.
    :raises TypeError: for a name that is not one of :class:`IndexOptions`, as for any unexpected keyword argument.
    """
    if unexpected := sorted(options.keys() - _NAMES):
        raise TypeError(
            f"unexpected keyword argument {unexpected[0]!r}; known index options: {', '.join(sorted(_NAMES))}"
        )
    if problems := [*_bad_urls(options)]:
        raise UsageError(problems)
    arguments = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            arguments.append(flag)
        elif value is None or value is False:
            continue
        else:
            if name == "uploaded_prior_to":
                value = _time(value)
            # "--flag=value": a value that begins with a hyphen cannot become another option.
            arguments += [f"{flag}={_text(item)}" for item in _several(value)]
    return arguments


def _bad_urls(options: Mapping[str, Any]) -> Iterator[Problem]:
    """A problem for each index whose address pip could not read."""
    given = [options.get(name) for name in ("index_url", "extra_index_url")]
    for url in [url for value in given if value is not None for url in _several(value)]:
        try:
            scheme = urllib.parse.urlsplit(str(url)).scheme
        except ValueError:
            scheme = ""
        if scheme not in {"http", "https", "file"} and not os.path.isdir(url):  # noqa: PTH112  # Path.is_dir raises for what is too long for a name
            yield Problem(
                rule="bad-index-url",
                message=f"{public_url(str(url))} is not the URL of an index",
                hint="write it out, https://HOST/PATH",
            )


def local_paths(options: Mapping[str, Any]) -> list[Path]:
    """The files and folders that the options name, which pip would pass over in silence if they were missing."""
    named = [*_several(options.get("find_links") or ()), *_several(options.get("constraint") or ())]
    named += [options[name] for name in ("cert", "client_cert") if options.get(name)]
    return [Path(item) for item in named if "://" not in str(item) and not str(item).startswith("file:")]


def _several(value: Any) -> list[Any]:
    """One value may stand for a list of one."""
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]


def _text(value: object) -> str:
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def _time(value: str | datetime.datetime) -> str:
    """A point in time with its zone: one without would be the host's for pip, and the result the host's too."""
    try:
        time = datetime.datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return str(value)  # a span of time, or something that pip refuses
    return (time if time.tzinfo else time.replace(tzinfo=datetime.UTC)).isoformat()
