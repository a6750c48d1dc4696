"""The names of everything that can be wrong, each with its meaning. (Pure table.)

The names are promises: ``allow=``, ``--json`` and the reference of errors use them. A ``Problem`` can only be made
under a name that stands here, and a test holds that the reference explains each.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One way for something to be wrong."""

    name: str
    meaning: str
    """One sentence, for the reference."""
    waivable: bool = False
    """Whether ``allow=["RULE:PROJECT"]`` makes a warning of it: only what is sloppy, never what is unsafe."""


def _rules(*rows: tuple[str, str], waivable: bool = False) -> dict[str, Rule]:
    return {name: Rule(name=name, meaning=meaning, waivable=waivable) for name, meaning in rows}


RULES: Final = MappingProxyType(
    {
        # The call
        **_rules(
            ("unknown-runtime", "The runtime is not one of Lambda's Python runtimes."),
            ("unknown-architecture", "The architecture is not one of Lambda's."),
            ("deprecated-runtime", "AWS no longer patches the runtime; a warning."),
            ("bad-waiver", "What is to be allowed is not of the form RULE:PROJECT, or the rule cannot be waived."),
            ("no-requirement", "Nothing was asked for."),
            ("bad-requirement", "A requirement is not one as PEP 508 defines it, or hides something else."),
            ("string-for-path", "A string names a file; as a project's name a stranger could own it."),
            ("no-such-file", "A file or folder that was named does not exist."),
            ("unknown-file-kind", "A file that was named is neither a requirement file nor a wheel."),
            ("not-a-wheel", "A source distribution, folder or repository was asked for; nothing is built from source."),
            ("editable", "An editable requirement was asked for."),
            ("url-credentials", "A URL of a requirement carries a user or a password."),
            ("no-binary", "A requirement file asks for building from source."),
            ("bad-index-url", "The address of an index is not a URL."),
            ("variable", "A requirement file names an environment variable that would be sent to an index."),
        ),
        # The resolution
        **_rules(
            ("no-such-project", "No index that was asked knows the project."),
            ("no-such-version", "No release satisfies the version asked for."),
            ("no-fitting-wheel", "There are wheels of the project, but none that runs on the target."),
            ("only-sdist", "The project has no wheel, only a source distribution."),
            ("only-yanked", "Every release that would fit was withdrawn by its authors."),
            ("only-prereleases", "Only pre-releases satisfy the version asked for."),
            ("requires-python", "The project needs another Python than the target's."),
            (
                "too-new",
                "The files were uploaded after the time up to which they are allowed, or the index does not say when.",
            ),
            ("conflict", "No set of versions satisfies all requirements together."),
            ("resolution-too-deep", "pip gave up looking for a set of versions."),
            ("yanked", "A chosen release was withdrawn by its authors; a warning."),
            ("hash-mismatch", "A file has another hash than the one required."),
            ("hash-missing", "Hashes are required, and a requirement has none or is not pinned."),
            ("program-refused", "pip wanted to start a program."),
            ("wrong-environment", "pip evaluated markers for another machine than the target."),
            ("wrong-tag", "A wheel has no tag that runs on the target."),
            ("no-sha256", "No sha256 is known of a wheel."),
            ("wrong-closure", "The wheels are not the closure of what was asked for, under the target's markers."),
            ("broken-promise", "A wheel holds other metadata than the index told of it."),
            ("pip-refused", "pip does not take what it was given."),
            ("pip-failed", "pip ended in a way that cannot be read."),
            ("pip-unusable", "pip is missing, too old, or not built as it is known."),
            ("pip-timeout", "pip did not end in time."),
            ("disk-failed", "pip could not read or write a file."),
        ),
        # The index
        **_rules(
            ("index-unreachable", "An index could not be reached."),
            ("index-refused", "An index asks for credentials, or refuses them."),
            ("index-failed", "An index answered with an error."),
            ("index-insecure", "An index is plain HTTP, on a host that is not trusted."),
            ("not-an-index", "Something answers in place of an index, a login page for example."),
            ("file-unreachable", "A file that an index lists could not be reached."),
            ("file-refused", "A file that an index lists may not be read."),
            ("file-failed", "The download of a file that an index lists failed."),
        ),
        # The wheel: its archive, RECORD and metadata
        **_rules(),
        **_rules(waivable=True),
        # The layer
        **_rules(
            ("file-twice", "Two files of one wheel land at one path of the layer."),
            ("file-and-folder", "A path of the layer is a file in one wheel and a folder in another."),
            ("case-conflict", "Paths of two wheels differ only in upper and lower case; a warning."),
            ("bad-script", "An entry point of a wheel cannot be made into a script."),
            ("too-large", "The layer is larger unzipped than Lambda allows a function with all its layers to be."),
            ("too-many-files", "The layer needs zip64, being more files or bytes than a plain zip can hold."),
            ("output-not-ours", "The output folder holds a file that lambda-wheels did not write."),
            ("output-failed", "The output cannot be written."),
            ("wheel-changed", "A wheel can no longer be read from the store as it was proven."),
        ),
        **_rules(
            ("path-conflict", "Two wheels have files at one path of the layer, with different bytes."),
            waivable=True,
        ),
        # The store
        **_rules(
            ("store-not-writable", "The store cannot be written, so new wheels are kept for one run; a warning."),
            ("store-failed", "The store cannot be read or written."),
            ("store-damaged", "A file in the store is not the one that came in."),
        ),
    }
)
"""Every rule by name."""
