"""Requirements as pip understood them, and nothing but wheels among them. (In pip's process.)"""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Callable
from typing import Any

from .telling import emit, public, refuse, wrap
from .urls import url_fault


def prepare_only_wheels() -> None:
    """Refuse sources, folders, editables and repositories, wherever they are named, before anything of them is read."""
    from pip._internal.cli.req_command import RequirementCommand
    from pip._internal.exceptions import InstallationError
    from pip._internal.models.wheel import Wheel
    from pip._internal.operations.prepare import RequirementPreparer
    from pip._internal.req import req_file
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
        if link is not None and (not link.is_wheel or link.is_vcs or link.is_existing_dir()):
            refuse("not-a-wheel", public(link.url), where)
        if requirement.is_direct and "@" in urllib.parse.urlsplit(link.url).netloc:
            refuse("url-credentials", public(link.url), where)  # pip's report leaves them out: the download would fail
        if requirement.is_direct and requirement.name and canonicalize_name(requirement.name) != wheel_project(link):
            refuse("bad-requirement", f"{requirement.name} @ {public(link.url)}", where)

    def check_indexes(urls: Any) -> None:
        for url in urls:
            if "://" in url and url_fault(url):  # and not a word of it: where the password ends is not known
                refuse("bad-index-url", "an address in a requirement file")
            scheme = urllib.parse.urlsplit(url).scheme
            if scheme not in {"http", "https"} and not os.path.isdir(url_to_path(url) if scheme == "file" else url):
                refuse("bad-index-url", public(url))  # pip would pass over it
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
        requirements = original(self, args, options, finder, session)
        if finder.format_control.no_binary or ":all:" not in finder.format_control.only_binary:
            refuse("no-binary", ", ".join(sorted(finder.format_control.no_binary)) or "anything")
        check_indexes([*finder.index_urls, *(place for place in finder.find_links if place.startswith("http"))])
        emit("places", arguments=[place for place in places(finder, session) if place not in given])
        emit("cooldown", until=finder.uploaded_prior_to.isoformat() if finder.uploaded_prior_to else "")
        emit("prereleases", allowed=sorted(finder.release_control.all_releases) if finder.release_control else [])
        for requirement in requirements:
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

    @wrap(req_file, "get_file_content")
    def get_file_content(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # pip replaces ${NAME} by the environment's value, in the URL of an index too: whoever wrote the file would
        # choose which secret is sent where.
        try:
            url, content = original(*args, **kwargs)
        except (LookupError, UnicodeError) as error:
            raise InstallationError(f"{public(args[0])} cannot be decoded: {error}") from error
        lines = req_file.ignore_comments(req_file.join_lines(enumerate(content.splitlines(), start=1)))
        for number, line in lines:  # as pip reads them: a name may go on after a backslash at the end of a line
            if found := req_file.ENV_VAR_RE.search(line):
                refuse("variable", found["var"], f"{public(url)} (line {number})")
        return url, content

    # A wheel that pip built on this host for an earlier command is no wheel for the target.
    wrap(Factory, "get_wheel_cache_entry")(lambda original, *args, **kwargs: None)
