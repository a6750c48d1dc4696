"""What the runner in pip's process refuses, in our words: what is wrong with it, and what to try. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable

from lambda_wheels.problems import Problem
from lambda_wheels.resolution.child import Event
from lambda_wheels.resolution.redaction import redact
from lambda_wheels.resolution.requirement_files import wheel_command

REASONS = {
    "editable": ("is editable (-e), and a layer holds only wheels", "make a wheel of it: {command}"),
    "not-a-wheel": ("is not a wheel, and nothing is built from source", "make a wheel of it: {command}"),
    "url-credentials": (
        "carries a user or a password in its URL",
        "put them into netrc or a keyring, or into the index's URL if the file lies on the same host",
    ),
    "no-binary": (
        "is allowed to be built from source (--no-binary or --only-binary in a requirement file)",
        "remove that line; only wheels go into a layer",
    ),
    "bad-requirement": (
        "names another project than its wheel does",
        "name the one that the wheel's file name begins with",
    ),
    "no-such-file": ("does not exist", "a path in a requirement file begins in the working directory"),
    "bad-index-url": ("is not the URL of an index, or a folder that does not exist", "write it out, https://HOST/PATH"),
    "no-requirement": (
        "that was asked for applies to the target",
        "is a requirement file empty, or each marker false?",
    ),
    "too-new": (
        "comes from an index that does not say when its files were uploaded, which --uploaded-prior-to needs",
        "leave --uploaded-prior-to out, or this index",
    ),
    "variable": (
        "in a requirement file would be replaced by this environment's value and sent to an index",
        "name the index with --index-url or --extra-index-url, or in pip's configuration",
    ),
}
"""What the runner refused: what is wrong with it, and what to try."""

SEVERAL_REASONS = {
    "odd-inclusion": (
        "unknown-file-kind",
        "is included by a requirement file, and has not the name, the kind or the size of one",
        "give it with -r yourself, or give it a name that ends in .txt",
    ),
    "endless-inclusion": (
        "pip-refused",
        "includes others again and again, more than 500 in all",
        "name each of them once",
    ),
    "hidden-text": (
        "bad-requirement",
        "holds a control character, or another that breaks or turns a line where an editor need not show it",
        "take it out",
    ),
    "not-understood": (
        "pip-refused",
        "is what pip makes of what was asked for",
        "is a line of a requirement file damaged?",
    ),
    "no-url": (
        "bad-requirement",
        "has no URL behind its @",
        "write file:// and the whole path; or, in a requirement file, the path alone",
    ),
    "too-long": ("bad-requirement", "is too long for a requirement", "write it shorter"),
    "own-disk": (
        "bad-requirement",
        "lies on this disk, and a wheel from elsewhere may not ask for it",
        "give that wheel yourself, as a file",
    ),
}
"""The same under a rule that has further reasons: by the runner's word for it."""


def refusals(events: Iterable[Event]) -> Iterable[Problem]:
    """What the runner refused to let pip do, told with what to try."""
    for event in events:
        if event["event"] == "refused":
            kind = event["rule"]
            rule, what, hint = SEVERAL_REASONS[kind] if kind in SEVERAL_REASONS else (kind, *REASONS[kind])
            where = f" ({redact(event['where'])})" if event["where"] else ""
            yield Problem(
                rule=rule,
                message=f"{redact(event['subject'])}{where} {what}",
                hint=hint.format(command=wheel_command(redact(event["subject"]))),
            )
