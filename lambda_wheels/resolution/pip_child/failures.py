"""The exception that ends pip, told as data. (In pip's process.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .in_the_way import Others
from .telling import emit, shown, wrap


def tell_failures(records: dict[str, list[list[str]]], others: Others) -> None:
    """Tell of the exception that ends ``pip install``, which pip itself turns into exit code 1."""
    from pip._internal.commands import install
    from pip._internal.commands.install import InstallCommand

    @wrap(install, "create_os_error_message")  # what the disk refuses, pip turns into words itself
    def create_os_error_message(original: Callable[..., Any], error: OSError, *args: Any) -> Any:
        emit("failed", **describe(error, records, others))
        return original(error, *args)

    @wrap(InstallCommand, "run")
    def run(original: Callable[..., Any], self: Any, options: Any, args: Any) -> Any:
        try:
            return original(self, options, args)
        except BaseException as error:
            emit("failed", **describe(error, records, others))
            raise


def describe(error: BaseException, records: dict[str, list[list[str]]], others: Others) -> dict[str, Any]:
    """What pip's exception says, as data: its class, and who wanted what of which project."""
    causes = told(getattr(error.__cause__, "causes", ()))
    names = [cause["project"] for cause in causes if not cause["python"]]
    if names:
        causes += others(names)
        names = [cause["project"] for cause in causes if not cause["python"]]
    unfit = {parent_project(cause) for cause in causes if cause["python"]}
    return {
        "class": type(error).__name__,
        "ancestors": [base.__name__ for base in type(error).__mro__],
        "message": shown(error),
        "requirement": shown(getattr(error, "req", None) or ""),
        "causes": causes,
        "files": {name: records.get(name, []) for name in [*names, *unfit]},
    }


def parent_project(cause: dict[str, Any]) -> str:
    """The project that wants something, without its extras; empty where the caller does."""
    return str(cause["parent"]).partition(" ")[0].partition("[")[0]


def told(wants: Iterable[tuple[Any, Any]]) -> list[dict[str, Any]]:
    """Who wants what, of requirements and what has them."""
    causes = []
    for requirement, parent in wants:
        ireq = getattr(requirement, "_ireq", None)
        causes.append(
            {
                "project": requirement.project_name,
                "requirement": shown(requirement.format_for_error()),
                "specifier": str(getattr(requirement, "specifier", "") if ireq is None else ireq.specifier),
                "python": type(requirement).__name__ == "RequiresPythonRequirement",
                "direct": type(requirement).__name__ == "ExplicitRequirement",
                "parent": f"{parent.name} {parent.version}" if parent is not None else "",
            }
        )
    return causes
