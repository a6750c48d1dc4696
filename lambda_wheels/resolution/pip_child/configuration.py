"""What of pip's configuration counts. (In pip's process; changes its environment.)"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .telling import emit, shown
from .urls import url_fault
from .values import wrong_kinds

KEPT_CONFIGURATION: Final = frozenset(
    """
    cache-dir cert client-cert constraint default-timeout extra-index-url find-links index-url keyring-provider
    no-cache-dir no-index pre prefer-binary proxy pypi-url resume-retries retries timeout trusted-host
    uploaded-prior-to
    """.split()
)
"""The options of the user's pip configuration that are kept: where from, how to get there, and what the user allows."""


_PROXIES: Final = frozenset({"http_proxy", "https_proxy", "all_proxy"})


class Misconfigured(Exception):  # noqa: N818
    """The configuration cannot be used. Its text holds nothing secret."""

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(detail)
        self.what = what
        """``file``, ``url`` or ``value``."""


def filter_configuration() -> None:
    """Keep of pip's configuration, files and environment, what ``KEPT_CONFIGURATION`` names; the rest is told of.

    :raises Misconfigured: where a file cannot be read, a URL is read otherwise than it was meant, or a value is of
        another kind than its option's.
    """
    from pip._internal.configuration import Configuration
    from pip._internal.exceptions import ConfigurationError

    configuration = Configuration(isolated=False)
    _check_files(configuration)
    try:
        configuration.load()
    except (ConfigurationError, ValueError) as error:
        raise Misconfigured("file", _unreadable(error)) from error
    kept: dict[str, str] = {}
    dropped = set()
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for _, values in configuration.items():
        for key, value in values.items():
            section, _, name = key.partition(".")
            sections.get(section, {})[name] = value
    for values in sections.values():  # in the order in which pip lets one overrule the other
        for name, value in values.items():
            if name in KEPT_CONFIGURATION:
                kept[name] = value
            else:
                dropped.add(name)
    for fault in _faults(kept, os.environ):
        raise Misconfigured("url", fault)
    for fault in wrong_kinds(kept):
        raise Misconfigured("value", fault)
    dropped.discard("config-file")  # PIP_CONFIG_FILE, which was followed
    for name in [name for name in os.environ if name.upper().startswith("PIP_")]:
        del os.environ[name]
    os.environ["PIP_CONFIG_FILE"] = os.devnull
    for name, value in kept.items():
        os.environ["PIP_" + name.upper().replace("-", "_")] = value
    emit("configuration", kept=sorted(kept), dropped=sorted(dropped), constraint=shown(kept.get("constraint", "")))


def leave_constraints_aside() -> None:
    """Drop those that are configured: what is downloaded was chosen before, by a lock perhaps.

    pip would call it a conflict, or say that nobody knows the project.
    """
    os.environ.pop("PIP_CONSTRAINT", None)


def _check_files(configuration: Any) -> None:
    """Whether each file can be read: pip passes over one that cannot, and over the private index that it names.

    :raises Misconfigured: if not, or if there is none where ``PIP_CONFIG_FILE`` says.
    """
    named = os.environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:  # then pip reads no other one either
        return
    for _, files in configuration.iter_config_files():
        for file in filter(None, files):
            try:
                mode = os.stat(file).st_mode
                if stat.S_ISREG(mode) or stat.S_ISDIR(mode):  # a pipe can be opened once only
                    open(file, "rb").close()
            except (OSError, ValueError) as error:
                if file == named or not _is_nothing_of_ours(file, error):
                    reason = getattr(error, "strerror", None) or type(error).__name__
                    detail = f"pip's configuration file {shown(file)} cannot be read: {reason}"
                    raise Misconfigured("file", detail) from error


def _is_nothing_of_ours(file: str, error: Exception) -> bool:
    """Whether a file that could not be read is not there, or lies in the home of somebody else, as in a container."""
    closed = isinstance(error, PermissionError) and not os.access(os.path.dirname(file), os.X_OK)
    return closed or isinstance(error, FileNotFoundError | NotADirectoryError)


def _unreadable(error: Exception) -> str:
    """Which file cannot be read, and where; never a line of it, which may hold a password."""
    cause = getattr(error, "error", None)  # what configparser said
    name = getattr(error, "fname", None) or getattr(cause, "source", None) or ""
    lines = [number for number, _ in getattr(cause, "errors", ())] or [getattr(cause, "lineno", None)]
    reason = "is not UTF-8" if getattr(error, "fname", None) else "is not an ini file"
    where = f" (line {lines[0]})" if lines[0] else ""
    return f"pip's configuration file {name} {reason}{where}"


def _faults(kept: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the URLs that are configured."""
    for name in ("index-url", "pypi-url", "extra-index-url"):
        for url in kept.get(name, "").split():
            if (fault := url_fault(url)) and set(url) & set("@:") and not os.path.isdir(url):
                yield f"the value of {name} in pip's configuration is not the URL of an index: {fault}"
    for name in ("find-links", "constraint"):
        for place in kept.get(name, "").split():
            if "://" in place and (fault := url_fault(place)):
                yield f"the value of {name} in pip's configuration has a URL that cannot be read: {fault}"
    proxies = [("proxy in pip's configuration", kept.get("proxy", ""))]
    # Of those that others may read as well, only what can hold a password.
    proxies += [(name, url) for name, url in environment.items() if name.lower() in _PROXIES and "@" in url]
    for name, url in proxies:
        if url and (fault := url_fault(url if "://" in url else f"http://{url}")):
            yield f"the value of {name} is not the URL of a proxy: {fault}"
