"""pip's own options that a caller may give, under pip's names. (Pure.)"""

from __future__ import annotations

import datetime
import os
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypedDict, cast, get_type_hints

from lambda_wheels.errors import UsageError
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.pip_child.values import is_endless_span, is_host, is_seconds
from lambda_wheels.resolution.redaction import public_url, url_fault

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


_NAMES = frozenset(IndexOptions.__annotations__)
_CHOOSING = ("constraint", "pre", "uploaded_prior_to")


def settled(options: IndexOptions) -> IndexOptions:
    """The same options, to be read more than once: one that was given as a generator would be empty the second time."""
    return cast(IndexOptions, {name: _once(value) for name, value in options.items()})


def _once(value: Any) -> Any:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else value


def pip_options(options: Mapping[str, Any]) -> list[str]:
    """The options as arguments of pip.

    :raises UsageError: for a value of another kind than its option's, and for an address that is no URL, or is
        read otherwise than it was meant.
    :raises TypeError: for a name that is not one of :class:`IndexOptions`, as for any unexpected keyword argument.
    """
    if unexpected := sorted(options.keys() - _NAMES):
        raise TypeError(
            f"unexpected keyword argument {unexpected[0]!r}; known index options: {', '.join(sorted(_NAMES))}"
        )
    if problems := [*_wrong_kinds(options)] or [*_bad_urls(options)]:
        raise UsageError(problems)
    arguments = []
    for name, value in options.items():
        flag = _flag(name)
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


def is_span(value: object) -> bool:
    """Whether a value of ``uploaded_prior_to`` is a span of time, ``P7D``, and so means another time each day."""
    return isinstance(value, str) and value.startswith("P")


def choosing_options(options: Mapping[str, Any]) -> list[str]:
    """The flags among ``options`` that say which releases may be chosen, so that they mean nothing beside a lock."""
    return [_flag(name) for name in _CHOOSING if options.get(name)]


def _is_texts(value: object) -> bool:
    return isinstance(value, str | os.PathLike) or (
        isinstance(value, Iterable)
        and not isinstance(value, bytes | bytearray)
        and all(isinstance(item, str | os.PathLike) for item in value)
    )


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and is_seconds(value)


def _is_time(value: object) -> bool:
    # pip says what else a time cannot be. But a URL it would break into lines, and a torn one is not known for one;
    # and on a span beyond all years it breaks itself.
    return isinstance(value, datetime.datetime) or (
        isinstance(value, str) and not set(value) & set("/?#@=&") and not is_endless_span(value)
    )


_KINDS: Final[Mapping[Any, tuple[Callable[[Any], bool], str]]] = {
    str: (lambda value: isinstance(value, str), "a text"),
    str | Path: (lambda value: isinstance(value, str | os.PathLike), "a path"),
    str | datetime.datetime: (lambda value: _is_time(value), "a time"),
    bool: (lambda value: isinstance(value, bool), "either true or false"),
    float: (_is_seconds, "a number of seconds above 0"),
    int: (
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
        "a whole number, 0 or more",
    ),
    Many: (_is_texts, "a text or a path, or a list of them"),
}
"""For each kind of option how its values are known, and what they are called."""


def _wrong_kinds(options: Mapping[str, Any]) -> Iterator[Problem]:
    """A problem for each value that is not of its option's kind. It is not shown: it may be a password."""
    for name, kind in get_type_hints(IndexOptions).items():
        fits, words = _KINDS[kind]
        value = options.get(name)
        if value is not None and not fits(value):
            yield Problem(rule="pip-refused", message=f"the value of {_flag(name)} has to be {words}")


def _bad_urls(options: Mapping[str, Any]) -> Iterator[Problem]:
    """A problem for each URL that pip could not read, or would read otherwise than it was meant."""
    for name in ("index_url", "extra_index_url"):
        value = options.get(name)
        for url in [] if value is None else _several(value):
            if fault := _index_fault(os.fspath(url)):
                yield _bad_url("bad-index-url", name, str(url), fault)
    for name in ("find_links", "constraint"):
        for place in _several(options.get(name) or ()):
            if "://" in str(place) and (fault := url_fault(str(place))):
                yield _bad_url("pip-refused", name, str(place), fault)
    if not all(is_host(os.fspath(host)) for host in _several(options.get("trusted_host") or ())):
        yield Problem(rule="pip-refused", message="the value of --trusted-host is not a host, HOST or HOST:PORT")
    proxy = options.get("proxy")
    if proxy and (fault := url_fault(proxy if "://" in proxy else f"http://{proxy}")):
        yield _bad_url("pip-refused", "proxy", proxy, fault)


def _index_fault(url: str) -> str:
    """What is wrong with the address of an index; empty if nothing is."""
    try:
        scheme = urllib.parse.urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme in {"http", "https", "file"}:
        return url_fault(url)
    if os.path.isdir(url):  # noqa: PTH112  # Path.is_dir raises for what is too long for a name
        return ""
    return "it does not begin with https://, http:// or file://"


def _bad_url(rule: str, name: str, url: str, fault: str) -> Problem:
    """The problem of a URL, of which nothing is shown that may belong to a user or a password."""
    what = {"index_url": "an index", "extra_index_url": "an index", "proxy": "a proxy"}.get(name, "a page or a file")
    return Problem(
        rule=rule,
        message=f"the value of {_flag(name)} is not the URL of {what}: {fault}"
        if set(url) & set("@:")
        else f"{public_url(url)!r} ({_flag(name)}) is not the URL of {what}",
        hint="percent-encode / ? # and @ in a user or a password" if "@" in url else "write it out, https://HOST/PATH",
    )


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def local_paths(options: Mapping[str, Any]) -> list[Path]:
    """The files and folders that the options name, which pip would pass over in silence if they were missing."""
    named = [*_several(options.get("find_links") or ()), *_several(options.get("constraint") or ())]
    named += [options[name] for name in ("cert", "client_cert") if options.get(name)]
    texts = [os.fspath(item) for item in named if isinstance(item, str | os.PathLike)]  # another kind is told elsewhere
    return [Path(text) for text in texts if "://" not in text and not text.startswith("file:")]


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
