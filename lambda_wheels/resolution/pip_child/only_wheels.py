"""Requirements as pip understood them, and nothing but wheels among them. (In pip's process.)"""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Callable
from typing import Any

from .requirement_files import is_too_long
from .telling import emit, public, refuse, shown, wrap
from .urls import url_fault


def prepare_only_wheels() -> None:
    """Refuse sources, folders, editables and repositories, wherever they are named, before anything of them is read."""
    from pip._internal.cli.req_command import RequirementCommand
    from pip._internal.models.wheel import Wheel
    from pip._internal.operations.prepare import RequirementPreparer
    from pip._internal.resolution.resolvelib.factory import Factory
    from pip._internal.utils.urls import url_to_path
    from pip._vendor.packaging.utils import canonicalize_name

    def wheel_project(link: Any) -> str:
        return str(canonicalize_name(Wheel(link.filename).name))

    def check(requirement: Any) -> None:
        link = requirement.link
        where = str(requirement.comes_from or "")
        if requirement.editable:
            refuse("editable", str(requirement.name or (link and public(link.url)) or requirement), where)
        if link is not None and not link.scheme:  # pip would ask the network for it
            refuse("no-url", f"{requirement.name} @ {public(link.url)}", where)
        if link is not None and link.scheme == "file" and _is_elsewhere(link.netloc):
            refuse("not-a-wheel", public(link.url), where)
        if link is not None and (not link.is_wheel or link.is_vcs or link.is_existing_dir()):
            refuse("not-a-wheel", public(link.url), where)
        parent = getattr(requirement.comes_from, "link", None)
        if requirement.is_direct and link.is_file and parent is not None and not parent.is_file:
            refuse("own-disk", public(link.url), where)
        if requirement.is_direct and link.is_file and _is_missing(link.file_path):
            refuse("no-such-file", public(link.url), where)
        if requirement.is_direct and "@" in urllib.parse.urlsplit(link.url).netloc:
            refuse("url-credentials", public(link.url), where)  # pip's report leaves them out: the download would fail
        if requirement.is_direct and requirement.name and canonicalize_name(requirement.name) != wheel_project(link):
            refuse("bad-requirement", f"{requirement.name} @ {public(link.url)}", where)

    def check_places(urls: Any, is_there: Callable[[str], bool], where: str = "") -> None:
        for url in urls:
            if "://" in url and url_fault(url):  # and not a word of it: where the password ends is not known
                refuse("bad-index-url", "an address in a requirement file")
            parts = urllib.parse.urlsplit(url)
            if parts.scheme == "file" and _is_elsewhere(parts.netloc):
                refuse("bad-index-url", public(url))
            path = url_to_path(url) if parts.scheme == "file" else url
            if parts.scheme not in {"http", "https"} and not is_there(path):
                refuse("bad-index-url", public(url), where)  # pip would pass over it

    def check_indexes(urls: Any) -> None:
        check_places(urls, os.path.isdir)
        # The one event with secrets, which the parent takes out: those that a requirement file brings are needed
        # again when the files of that index are fetched.
        emit("credentials", urls=[url for url in urls if "@" in urllib.parse.urlsplit(url).netloc])

    def places(finder: Any, session: Any) -> list[str]:
        """Where pip looks now, as arguments."""
        flags = ["--index-url", *["--extra-index-url"] * len(finder.index_urls)]
        return [
            *(["--no-index"] if finder.search_scope.no_index else []),
            *(f"{flag}={public(url)}" for flag, url in zip(flags, finder.index_urls, strict=False)),
            *(f"--find-links={public(place) if '://' in place else place}" for place in finder.find_links),
            *(f"--trusted-host={host}{f':{port}' if port else ''}" for host, port in session.pip_trusted_origins),
        ]

    @wrap(RequirementCommand, "get_requirements")
    def get_requirements(
        original: Callable[..., Any], self: Any, args: Any, options: Any, finder: Any, session: Any
    ) -> Any:
        given = places(finder, session)
        links = [*finder.find_links]
        try:
            requirements = original(self, args, options, finder, session)
        except (LookupError, RecursionError, ValueError) as error:  # pip does not check all that it is given
            refuse("not-understood", f"{shown(error)[:300]} ({type(error).__name__})")
        if finder.format_control.no_binary or ":all:" not in finder.format_control.only_binary:
            refuse("no-binary", ", ".join(sorted(finder.format_control.no_binary)) or "anything")
        check_indexes([*finder.index_urls, *(place for place in finder.find_links if place.startswith("http"))])
        check_places([place for place in finder.find_links if place not in links], os.path.exists)
        if not options.ignore_dependencies:  # else nothing is looked for there; those of the caller were looked at
            check_places(links, os.path.exists, "in pip's configuration")
        emit("places", arguments=[place for place in places(finder, session) if place not in given])
        emit("cooldown", until=finder.uploaded_prior_to.isoformat() if finder.uploaded_prior_to else "")
        emit("prereleases", allowed=sorted(finder.release_control.all_releases) if finder.release_control else [])
        for requirement in requirements:
            if is_too_long(requirement.req):
                refuse("too-long", f"{str(requirement.req)[:50]}…", str(requirement.comes_from or ""))
            if requirement.match_markers():
                check(requirement)
            emit(
                "requirement",
                name=str(requirement.name or ""),
                specifier=str(requirement.req.specifier) if requirement.req else "",
                url=public(requirement.link.url) if requirement.link else "",
                extras=sorted(requirement.extras),
                marker=str(requirement.markers or ""),
                constraint=requirement.constraint,
            )
        if not any(requirement.match_markers() for requirement in requirements if not requirement.constraint):
            refuse("no-requirement", "nothing")
        return requirements

    @wrap(RequirementPreparer, "prepare_linked_requirement")
    def prepare(original: Callable[..., Any], self: Any, requirement: Any, *args: Any, **kwargs: Any) -> Any:
        check(requirement)
        link = requirement.link
        emit("prepare", url=public(link.url), page=public(str(link.comes_from or "")))
        return original(self, requirement, *args, **kwargs)

    @wrap(RequirementPreparer, "prepare_editable_requirement")
    def prepare_editable(original: Callable[..., Any], self: Any, requirement: Any, *args: Any, **kwargs: Any) -> Any:
        check(requirement)

    # A wheel that pip built on this host for an earlier command is no wheel for the target.
    wrap(Factory, "get_wheel_cache_entry")(lambda original, *args, **kwargs: None)


def _is_elsewhere(host: str) -> bool:
    """Whether a ``file:`` URL leads to another machine, which is possible on Windows alone."""
    return os.name != "nt" and host not in {"", "localhost"}


def _is_missing(path: str) -> bool:
    """Whether there is surely nothing; of what else may be wrong, the system has words."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False
