"""The names of everything that can be wrong, each with its meaning. (Pure table.)

The names are promises: ``allow=``, ``--json`` and the reference of errors use them. A ``Problem`` can only be made
under a name that stands here, and a test holds that the reference explains each.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple


class Rule(NamedTuple):
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
            ("unknown-file-kind", "A file that was named is neither a requirement file nor a wheel nor a lock."),
            ("lock-not-alone", "A lock was given with something that has no place beside it."),
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
            ("hash-mismatch", "A file has another hash than the one required."),
            ("hash-missing", "Hashes are required, and a requirement has none or is not pinned."),
            ("program-refused", "pip wanted to start a program."),
            ("wrong-environment", "pip evaluated markers for another machine than the target."),
            ("wrong-tag", "A wheel has no tag that runs on the target."),
            ("no-sha256", "No sha256 is known of a wheel."),
            ("wheel-metadata", "What pip read of a wheel's metadata is invalid, or of another project or version."),
            ("wrong-closure", "The wheels are not the closure of what was asked for, under the target's markers."),
            ("broken-promise", "A wheel is not what the index, or the lock, told of it."),
            ("pip-refused", "pip does not take what it was given."),
            ("pip-failed", "pip ended in a way that cannot be read."),
            ("pip-unusable", "pip is missing, too old, or not built as it is known."),
            ("pip-timeout", "pip did not end in time."),
            ("disk-failed", "A file could not be read or written, by pip or by us."),
        ),
        **_rules(
            ("yanked", "A chosen release was withdrawn by its authors; a warning."),
            ("unknown-extra", "A project does not have an extra that was asked for; a warning."),
            ("held-back", "No newer release, or no final one, fits the target, so that another was taken; a warning."),
            waivable=True,
        ),
        # The lock
        **_rules(
            ("bad-lock", "A lock cannot be read: it is not TOML, not valid (PEP 751), or of an unknown version."),
            ("lock-not-for-target", "A lock was not made for the target."),
            ("lock-differs", "A lock is not what the requirements make."),
            ("lock-without-query", "The URLs of files have a query, which the lock leaves out; a warning."),
        ),
        **_rules(
            (
                "lock-incomplete",
                "A wheel of a lock needs what the lock leaves out, or has in another version; a warning.",
            ),
            waivable=True,
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
        **_rules(
            ("wheel-filename", "The file name is not that of a wheel."),
            ("wheel-unreadable", "The file of the wheel cannot be read."),
            ("archive-end", "No archive ends where the file does: it is empty, cut off, or something else."),
            ("archive-directory", "The directory of the archive is damaged, or not where the end record says."),
            ("archive-zip64", "The zip64 fields of the archive do not agree with the plain ones."),
            ("archive-members", "The archive has more members, or folders, than a plain zip can list."),
            ("archive-too-large", "The archive unpacks to more bytes than Lambda allows."),
            ("archive-surplus-bytes", "Bytes stand before, between or after the members, and belong to none."),
            ("archive-unlisted-member", "The archive holds a member that its directory does not list."),
            ("archive-overlap", "Two members share bytes of the archive."),
            ("archive-local-header", "The header of a member differs from the directory."),
            ("archive-descriptor", "The data descriptor of a member is missing, or differs from the directory."),
            ("archive-encrypted", "A member is encrypted."),
            ("archive-method", "A member is compressed by a method other than stored and deflate."),
            ("archive-flags", "A member has flags whose meaning is not known."),
            ("member-crc", "The bytes of a member do not have its CRC."),
            ("member-size", "A member has more or fewer bytes than it declares."),
            ("member-stream", "The compressed bytes of a member cannot be inflated, or others follow them."),
            ("member-duplicate", "Two members have one name."),
            ("member-file-and-folder", "A path is both a file and a folder."),
            ("member-name-encoding", "The name of a member is not UTF-8, or not said to be."),
            ("member-name-control", "The name of a member holds a control character, such as NUL or a line break."),
            ("member-name-bidirectional", "The name of a member holds a character that changes the direction of text."),
            ("member-name-backslash", "The name of a member holds a backslash."),
            ("member-name-drive", "The name of a member holds a drive letter of Windows."),
            ("member-name-absolute", "The path of a member is absolute."),
            ("member-name-climbs", "The path of a member leads out of its folder."),
            ("member-name-dot", "A component of the path of a member is a dot."),
            ("member-name-empty", "The name of a member, or a component of its path, is empty."),
            (
                "member-name-length",
                "The path of a member has more than 1,024 bytes, or a component of it more than 255.",
            ),
            ("member-name-hidden", "An extra field of the archive gives a member a second name."),
            ("member-name-case", "The names of two members are equal but for case; a warning."),
            ("member-name-reserved", "The name of a member is that of a device on Windows; a warning."),
            ("member-name-trailing", "A component of the path of a member ends in a dot or a space; a warning."),
            ("member-symlink", "A member is a symbolic link."),
            ("member-fifo", "A member is a named pipe."),
            ("member-device", "A member is a device."),
            ("member-socket", "A member is a socket."),
            ("member-kind", "A member is neither a plain file nor a folder, or is a folder only by its mode."),
            ("member-folder-data", "A member is a folder, and has data."),
            ("dist-info-missing", "The wheel has no .dist-info folder."),
            ("dist-info-several", "The wheel has several .dist-info folders."),
            ("dist-info-name", "A .dist-info folder is named for another project or version."),
            ("data-name", "A .data folder is named for another project or version."),
            ("data-several", "The wheel has several .data folders."),
            ("data-scheme", "A file in the .data folder is in no scheme, or in one that is not known."),
            ("data-collision", "A file in the .data folder lands on another file of the wheel."),
            ("data-dist-info", "A file in the .data folder lands in the .dist-info folder of something else."),
            ("metadata-size", "A file of metadata has too many bytes, lines, rows or entries to be read."),
            ("wheel-file-missing", "The file WHEEL is missing."),
            ("wheel-file-encoding", "The file WHEEL is not UTF-8."),
            ("wheel-version", "The wheel is in a version of the format that is not known; a newer 1.x is a warning."),
            ("metadata-missing", "The file METADATA is missing."),
            ("metadata-encoding", "The file METADATA is not UTF-8."),
            ("metadata-name", "METADATA is that of another project."),
            ("metadata-version", "METADATA is that of another version."),
            (
                "metadata-requires-dist",
                "METADATA has a requirement that is not one as PEP 508 defines it.",
            ),
            ("record-missing", "The file RECORD is missing."),
            ("record-encoding", "The file RECORD is not UTF-8, or not CSV."),
            ("entry-points-encoding", "The file entry_points.txt is not UTF-8."),
            ("entry-point-climbs", "The name of a script would put it outside its folder."),
        ),
        **_rules(
            ("wheel-tags", "The tags in WHEEL are not those of the file name."),
            ("wheel-build", "The build in WHEEL is not that of the file name."),
            ("wheel-purelib", "WHEEL does not say whether the wheel is pure."),
            ("metadata-requires-python", "Requires-Python cannot be read; where that is allowed, any Python will do."),
            ("record-row", "A row of RECORD does not have three columns."),
            ("record-missing-row", "RECORD has no row for a file."),
            ("record-surplus-row", "RECORD has a row for a file that is not there."),
            ("record-duplicate-row", "RECORD has two rows for one file."),
            ("record-hash", "A file does not have the hash that RECORD gives, or RECORD gives none."),
            ("record-size", "A file does not have the size that RECORD gives."),
            ("record-digest", "RECORD has a hash of a kind other than sha256, sha384 and sha512."),
            ("pth-file", "The wheel has a .pth file, of which Python executes lines when it starts; a warning."),
            ("site-customization", "The wheel has a sitecustomize or usercustomize module; a warning."),
            ("shadows-stdlib", "The wheel has a module that takes the place of the standard library's; a warning."),
            waivable=True,
        ),
        # The machine code
        **_rules(("not-a-library", "A file that is to be brought along is not a shared object for Linux.")),
        **_rules(
            (
                "native-in-any",
                "A wheel claims to fit any platform, and holds a library of one; a program is a warning.",
            ),
            ("foreign-binary", "A library is for another system than Linux; beside those for Linux a warning."),
            ("wrong-machine", "A file is for another machine than the target's; a warning where its name says so."),
            ("native-damaged", "The loader would refuse a library: it is cut off, forged, or something else."),
            ("extension-name", "The name of an extension module says that it is for another Python or machine."),
            ("missing-library", "A library is needed that neither the runtime nor the layer has."),
            (
                "library-elsewhere",
                "A library is needed that is in the layer where the loader does not look; a warning.",
            ),
            ("missing-symbol-version", "A newer version of a library of the runtime is needed than it has."),
            waivable=True,
        ),
        # The bytecode
        **_rules(
            (
                "no-interpreter",
                "There is no interpreter of the target's Python to compile bytecode.",
            ),
            ("bytecode-unknown", "The interpreter's bytecode is not built as it is known."),
        ),
        **_rules(
            ("bytecode-failed", "A file made the interpreter crash or hang when it was compiled."),
            (
                "bytecode-other-python",
                "Bytecode is for another Python; a warning, unless a module has nothing else.",
            ),
            (
                "bytecode-stale",
                "Bytecode is of another source than the one beside it; a warning, unless Python runs it all the same.",
            ),
            waivable=True,
        ),
        # The layer
        **_rules(
            ("file-twice", "Two files of one wheel land at one path of the layer."),
            ("file-and-folder", "A path of the layer is a file in one wheel and a folder in another."),
            ("case-conflict", "Paths of two wheels, or two scripts, are equal but for case; a warning."),
            ("bad-script", "An entry point of a wheel cannot be made into a script."),
            ("several-runtimes", "A layer for several runtimes cannot have what names or is for one Python alone."),
            ("too-large", "The layer is larger unzipped than Lambda allows a function with all its layers to be."),
            ("too-many-files", "The layer needs zip64, being more files or bytes than a plain zip can hold."),
            ("output-not-ours", "The output folder holds a file that lambda-wheels did not write."),
            ("output-refused", "The output names something that cannot become a layer: a folder for a zip, a device."),
            ("output-failed", "The output cannot be written."),
            ("layer-differs", "A layer is not what its lock makes."),
            ("wheel-changed", "A wheel can no longer be read from the store as it was proven."),
        ),
        **_rules(
            ("path-conflict", "Two wheels have files at one path of the layer, with different bytes."),
            waivable=True,
        ),
        # The layer that is checked
        **_rules(
            ("no-target", "A layer does not say for which runtime it is, and none was named."),
            ("not-a-layer", "What is to be checked is no zip, no folder and no wheel, or holds nothing."),
            ("not-on-path", "Modules lie where Python does not look; a warning where others lie where it does."),
            ("virtual-environment", "The layer holds a virtual environment; a warning."),
            ("archive-inside", "An archive lies among the modules; a warning where there are modules beside it."),
            ("system-files", "The layer holds files that an operating system left there; a warning."),
            ("link-leads-out", "A symbolic link leads out of the layer; one that leads nowhere is a warning."),
            ("mode-unreadable", "A file or folder is for its owner alone, which Lambda's user is not."),
            ("mode-not-executable", "A file in the layer's bin/ may not be executed; a warning."),
            ("boto3-mixed", "Of boto3 and all that it needs the layer has only a part; a warning."),
            ("bytecode-without-source", "Bytecode has no source beside it, or lies beside it; a warning."),
            ("bytecode-by-date", "Bytecode goes by the date of its source, which need not survive; a warning."),
        ),
        **_rules(
            ("project-twice", "The layer has two distributions of a project."),
            ("editable-install", "A project was installed as editable, which leaves its modules where they were."),
            (
                "missing-requirement",
                "A project needs one that the layer does not have; a warning where the runtime has it.",
            ),
            ("wrong-version", "A project needs another version of one than the layer has."),
            waivable=True,
        ),
        # The imports
        **_rules(("imports-not-tried", "A layer could not be imported here, so that nothing is known of it.")),
        **_rules(("import-failed", "A module of the layer cannot be imported."), waivable=True),
        # AWS
        **_rules(
            ("bad-arn", "What should be the ARN of a layer version is none."),
            ("bad-layer-name", "A name is not one that AWS takes for a layer."),
            ("bad-description", "A description, or a licence, is longer than AWS takes."),
            ("bad-share", "A layer is to be shared with somebody who is no account, no organisation and not everyone."),
            ("no-region", "No region was named, and the session has none; or what was named is none."),
            (
                "bucket-needed",
                "A zip is to go through a bucket, and none was named.",
            ),
            ("bucket-unusable", "A bucket does not exist, or is in another region than the layer."),
            ("layer-changed", "A zip is no longer what was built or looked at."),
            ("aws-credentials", "AWS credentials are missing, have expired, or are not accepted."),
            ("aws-denied", "AWS does not allow a call."),
            ("aws-throttled", "AWS asks for patience, and went on asking."),
            ("aws-unreachable", "AWS cannot be reached."),
            ("aws-failed", "AWS did not answer, or with an error of its own."),
            ("aws-refused", "AWS does not take what it was given."),
            ("aws-differs", "What AWS has is not what it was given, or says that it has."),
            ("code-storage-full", "The region's quota for the code of functions and layers is used up."),
            ("bad-position", "A place in a function's list of layers is none of the five."),
            ("bad-keep", "What is to be kept is not said as it can be: a number of versions, or yes or no of a zip."),
            ("no-such-function", "A function does not exist, or none was named."),
            ("no-such-layer-version", "A layer version does not exist."),
            ("image-function", "A function is a container image, which takes no layers."),
            ("too-many-layers", "A function would have more than five layers."),
            ("layer-unfit", "A layer is for another runtime, architecture or region than a function's."),
            ("function-too-large", "A function with all its layers would be larger unzipped than Lambda allows."),
            ("size-unknown", "How large a function is with its layers could not be read; a warning."),
            ("changed-meanwhile", "A function was changed by somebody else again and again."),
            ("update-failed", "Lambda could not update a function."),
            ("not-deleted", "A version, or an object, that is no longer needed could not be removed; a warning."),
            ("shared-wider", "A version is shared with somebody who was not named; a warning."),
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
