"""Run pip for a Lambda target: the script that the pip child executes. (Alone in a process; imports nothing of ours.)

It is started as ``python -I -X utf8 runner.py`` so that neither the working directory nor PYTHONPATH can put another
pip in its way. It reads one JSON object from stdin (``instructions`` below), changes what pip decides wrongly for
another machine, runs ``pip install --dry-run``, and writes what happened to stdout as JSON lines, since pip's exit code
and words are the same for most failures. pip's own words go to stderr.

What is changed inside pip, each in one function:

- markers are evaluated in the target's environment (pypa/pip#11664: pip takes the host's);
- configuration keeps what says where from, and drops what changes target, place or selection;
- no program is started, except by a keyring that is asked for a password;
- nothing but wheels is prepared, from wherever it is named;
- files that pip downloads are handed over before pip throws them away.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import shutil
import sys
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any, NoReturn

KEPT_CONFIGURATION = frozenset(
    """
    cache-dir cert client-cert constraint default-timeout extra-index-url find-links index-url keyring-provider
    no-cache-dir no-index pre prefer-binary proxy pypi-url resume-retries retries timeout trusted-host
    uploaded-prior-to
    """.split()
)
"""The options of the user's pip configuration that are kept: where from, how to get there, and what the user allows."""

_PROGRAM_STARTS = frozenset(
    """
    os.exec os.fork os.forkpty os.posix_spawn os.spawn os.startfile os.startfile/2 os.system pty.spawn
    subprocess.Popen _winapi.CreateProcess
    """.split()
)
"""The audit events of CPython that start a program (docs.python.org/3/library/audit_events.html)."""

_local = threading.local()
"""Of this thread: ``may_start`` while a keyring is asked, ``page`` while an index page is read."""


def emit(event: str, **fields: Any) -> None:
    """Tell the parent what happened: one JSON object in a line of its own."""
    _events.write(json.dumps({"event": event, **fields}) + "\n")
    _events.flush()


def public(url: str) -> str:
    """``url`` without what may be secret: user, password, query and fragment."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def shown(words: object) -> str:
    """Words of pip without user and password in front of a host, and without the queries of URLs."""
    return re.sub(r"\?[^\s'\"<>()=]+=[^\s'\"<>()]*", "", re.sub(r"(?<=://)[^/?#\n]*@", "", str(words)))


def wrap(owner: Any, name: str) -> Callable[[Callable[..., Any]], None]:
    """Replace ``owner.name`` by a function that is given the original first; AttributeError if pip has moved it."""
    original = getattr(owner, name)

    def decorate(replacement: Callable[..., Any]) -> None:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            return replacement(original, *args, **kwargs)

        setattr(owner, name, call)

    return decorate


def refuse(rule: str, subject: str, where: str = "") -> NoReturn:
    """End this run in the way that pip itself ends one, having told why."""
    from pip._internal.exceptions import InstallationError

    emit("refused", rule=rule, subject=subject, where=where)
    raise InstallationError(f"refused: {rule}: {subject}")


def evaluate_markers_for(environment: dict[str, str]) -> None:
    """Make pip's markers answer for the target; has to come before ``pip._internal`` is imported."""
    from pip._vendor.packaging import markers

    wrap(markers, "default_environment")(lambda original: dict(environment))


def filter_configuration() -> None:
    """Keep of pip's configuration, files and environment, what ``KEPT_CONFIGURATION`` names; the rest is told of."""
    from pip._internal.configuration import Configuration

    configuration = Configuration(isolated=False)
    configuration.load()
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
    dropped.discard("config-file")  # PIP_CONFIG_FILE, which was followed
    for name in [name for name in os.environ if name.upper().startswith("PIP_")]:
        del os.environ[name]
    os.environ["PIP_CONFIG_FILE"] = os.devnull
    for name, value in kept.items():
        os.environ["PIP_" + name.upper().replace("-", "_")] = value
    emit("configuration", kept=sorted(kept), dropped=sorted(dropped), constraint=shown(kept.get("constraint", "")))


def start_no_program() -> None:
    """Refuse every start of a program in this process, but for the keyring's, from now on and for good."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _PROGRAM_STARTS or getattr(_local, "may_start", False):
            return
        # Never the arguments: they hold the whole environment. pip asks for rustc, uname and lsb_release in every run
        # and passes over an OSError, so this is no error by itself: the parent looks at it where the run failed.
        program = os.path.basename(str(arguments[0])) if arguments else event
        emit("program", name=program)
        raise PermissionError(f"{program} may not be started while wheels are resolved")

    from pip._internal.network import auth

    for provider in (auth.KeyRingPythonProvider, auth.KeyRingCliProvider):

        @wrap(provider, "get_auth_info")
        def get_auth_info(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            _local.may_start = True
            try:
                return original(*args, **kwargs)
            finally:
                _local.may_start = False

    sys.addaudithook(hook)


def prepare_only_wheels() -> None:
    """Refuse sources, folders, editables and repositories, wherever they are named, before anything of them is read."""
    from pip._internal.cli.req_command import RequirementCommand
    from pip._internal.exceptions import InstallationError
    from pip._internal.models.wheel import Wheel
    from pip._internal.operations.prepare import RequirementPreparer
    from pip._internal.req import req_file
    from pip._internal.resolution.resolvelib.factory import Factory
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

    @wrap(RequirementCommand, "get_requirements")
    def get_requirements(
        original: Callable[..., Any], self: Any, args: Any, options: Any, finder: Any, session: Any
    ) -> Any:
        requirements = original(self, args, options, finder, session)
        if finder.format_control.no_binary or ":all:" not in finder.format_control.only_binary:
            refuse("no-binary", ", ".join(sorted(finder.format_control.no_binary)) or "anything")
        for url in finder.index_urls:
            if urllib.parse.urlsplit(url).scheme not in {"http", "https", "file"} and not os.path.isdir(url):
                refuse("bad-index-url", public(url))
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
        emit("prepare", url=public(requirement.link.url))
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


def watch_pages(records: dict[str, list[list[str]]]) -> None:
    """Tell of every index page and failed request; note in ``records`` why each file of a project was passed over."""
    from pip._internal.exceptions import InstallationError
    from pip._internal.index.collector import LinkCollector
    from pip._internal.index.package_finder import LinkEvaluator
    from pip._internal.network.session import PipSession

    def note(url: str, **outcome: Any) -> None:
        if (page := getattr(_local, "page", None)) is not None:
            page.update(outcome)
        elif outcome["error"] or outcome["status"] not in {200, 206}:
            emit("request", url=public(url), **outcome)

    @wrap(PipSession, "request")
    def request(original: Callable[..., Any], self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        try:
            response = original(self, method, url, *args, **kwargs)
        except Exception as error:
            note(url, status=0, error=type(error).__name__, detail=shown(getattr(error, "context", None) or error))
            raise
        note(url, status=response.status_code, error="", detail="")
        return response

    @wrap(PipSession, "get_redirect_target")
    def get_redirect_target(original: Callable[..., Any], self: Any, response: Any) -> Any:
        # Not to a file: an index would choose what is read on this disk (pip itself follows there before 26.3).
        target = original(self, response)
        scheme = urllib.parse.urlsplit(urllib.parse.urljoin(response.url, target or "")).scheme
        return target if scheme in {"http", "https"} else None

    @wrap(LinkCollector, "fetch_response")
    def fetch_response(original: Callable[..., Any], self: Any, location: Any, *args: Any, **kwargs: Any) -> Any:
        page = {"url": public(location.url), "status": 0, "error": "", "detail": ""}
        page["find_links"] = location.url in self.find_links
        content = None
        _local.page = page
        try:
            content = original(self, location, *args, **kwargs)
        finally:
            _local.page = None
            emit("page", **page, read=content is not None, listing=content is not None and _is_listing(content))
        if page["error"]:  # the resolution has failed: do not wait for the same server once more for each project
            raise InstallationError(f"{page['url']} could not be read")
        return content

    @wrap(PipSession, "is_secure_origin")
    def is_secure_origin(original: Callable[..., Any], self: Any, location: Any) -> Any:
        secure = original(self, location)
        if not secure:
            emit(
                "page",
                url=public(str(location)),
                status=0,
                error="InsecureOrigin",
                detail="",
                find_links=False,
                read=False,
                listing=False,
            )
        return secure

    @wrap(LinkEvaluator, "evaluate_link")
    def evaluate_link(original: Callable[..., Any], self: Any, link: Any) -> Any:
        kind, detail = original(self, link)
        records.setdefault(self._canonical_name, []).append(
            [link.filename, kind.name, link.requires_python or "", "yanked" if link.is_yanked else ""]
        )
        return kind, detail


def _is_listing(content: Any) -> bool:
    """Whether a page is an index's: JSON, or HTML that lists files or says that it is one (PEP 503, PEP 629)."""
    text = content.content.lower()
    if "json" in content.content_type.lower():
        return text.lstrip().startswith(b"{") and b'"files"' in text
    return any(
        sign in text for sign in (b".whl", b".tar.gz", b".zip", b".egg", b"pypi:repository-version", b"links for")
    )


def hand_over_downloads(folder: str, stored: str) -> None:
    """Give every file that pip downloads a second name in ``folder``, and spare it those that the store has.

    ``stored`` is a format string for where the store has a wheel. One that is damaged there is downloaded again.
    """
    from pip._internal.exceptions import IncompleteDownloadError
    from pip._internal.network.download import Downloader
    from pip._vendor.urllib3.exceptions import HTTPError

    @wrap(Downloader, "__call__")
    def download(original: Callable[..., Any], self: Any, link: Any, location: str) -> Any:
        known = stored.format(sha256=link.hash, filename=link.filename) if link.hash_name == "sha256" else ""
        if known and _is_plain(link.hash, link.filename) and _sha256(known) == link.hash:
            path = os.path.join(location, link.filename)
            _second_name(known, path)
            emit("download", url=public(link.url), stored=True, filename=link.filename)
            return path, "application/octet-stream"
        try:
            path, content_type = original(self, link, location)
        except (IncompleteDownloadError, HTTPError) as error:
            emit("request", url=public(link.url), status=0, error=type(error).__name__, detail="")
            raise
        filename = os.path.basename(path)
        if not os.path.exists(os.path.join(folder, filename)):
            _second_name(path, os.path.join(folder, filename))
        emit("download", url=public(link.url), stored=False, filename=filename)
        return path, content_type


def _is_plain(digest: str, filename: str) -> bool:
    """Whether an index's words can be parts of a path."""
    return digest.isalnum() and not set(filename) & set("/\\:\0") and filename.endswith(".whl")


def _sha256(path: str) -> str:
    """The digest of a file; empty where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _second_name(path: str, other: str) -> None:
    try:
        os.link(path, other)
    except OSError:  # another file system, or one without links
        shutil.copyfile(path, other)


def describe(error: BaseException, records: dict[str, list[list[str]]]) -> dict[str, Any]:
    """What pip's exception says, as data: its class, and who wanted what of which project."""
    causes = []
    for requirement, parent in getattr(error.__cause__, "causes", ()):
        ireq = getattr(requirement, "_ireq", None)
        causes.append(
            {
                "project": requirement.project_name,
                "requirement": shown(requirement.format_for_error()),
                "specifier": str(getattr(requirement, "specifier", "") if ireq is None else ireq.specifier),
                "python": type(requirement).__name__ == "RequiresPythonRequirement",
                "parent": f"{parent.name} {parent.version}" if parent is not None else "",
            }
        )
    names = [cause["project"] for cause in causes if not cause["python"]]
    return {
        "class": type(error).__name__,
        "ancestors": [base.__name__ for base in type(error).__mro__],
        "message": shown(error),
        "requirement": shown(getattr(error, "req", None) or ""),
        "causes": causes,
        "files": {name: records.get(name, []) for name in names},
    }


def tell_failures(records: dict[str, list[list[str]]]) -> None:
    """Tell of the exception that ends ``pip install``, which pip itself turns into exit code 1."""
    from pip._internal.commands.install import InstallCommand

    @wrap(InstallCommand, "run")
    def run(original: Callable[..., Any], self: Any, options: Any, args: Any) -> Any:
        try:
            return original(self, options, args)
        except BaseException as error:
            emit("failed", **describe(error, records))
            raise


def main() -> int:
    """Follow the instructions on stdin; the exit code is pip's."""
    instructions = json.load(sys.stdin)
    sys.path.insert(0, instructions["pip_location"])
    records: dict[str, list[list[str]]] = {}
    try:
        import pip

        if pip.__version__ != instructions["pip_version"]:
            raise ImportError(f"expected pip {instructions['pip_version']}, found {pip.__version__}")
        evaluate_markers_for(instructions["marker_environment"])
        from pip._internal.cli.main import main as pip_main

        filter_configuration()
        prepare_only_wheels()
        watch_pages(records)
        hand_over_downloads(instructions["downloads"], instructions["stored"])
        tell_failures(records)
        start_no_program()
    except (ImportError, AttributeError) as error:
        emit("internals-moved", detail=str(error))
        return 1
    return int(pip_main(instructions["arguments"]))


if __name__ == "__main__":
    # Whatever pip, or a keyring, prints to stdout must not stand between our lines.
    _events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.exit(main())
