"""Programs of this machine that unpack or test a zip, each in a way of its own. (Starts processes.)"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

_PERL: Final = textwrap.dedent("""
    use IO::Uncompress::Unzip qw($UnzipError); use File::Path; use File::Basename;
    my $zip = IO::Uncompress::Unzip->new("-") or die $UnzipError;
    for (my $more = 1; $more > 0; $more = $zip->nextStream()) {
        my $name = $zip->getHeaderInfo()->{Name};
        File::Path::make_path(dirname($name));
        next if $name =~ m{/$};
        open(my $out, ">:raw", $name) or die "$name: $!";
        my $buffer; my $count;
        while (($count = $zip->read($buffer)) > 0) { print $out $buffer; }
        die "$name: $UnzipError" if $count < 0;
    }
""")
"""After the directory it looks for another archive; that there is none it calls an error, of any zip."""


class Extractor(NamedTuple):
    """A program that unpacks ``{zip}``, or stdin, into the working directory."""

    command: Sequence[str]
    modes: bool = False
    """Whether it gives files the modes that the zip says."""
    stream: bool = False
    """Whether it reads stdin from the start, and so believes the local headers rather than the directory."""


EXTRACTORS: Final[Mapping[str, Extractor]] = {
    "zipfile": Extractor([sys.executable, "-m", "zipfile", "-e", "{zip}", "."]),
    "shutil": Extractor([sys.executable, "-c", "import shutil, sys; shutil.unpack_archive(sys.argv[1])", "{zip}"]),
    "unzip": Extractor(["unzip", "-q", "{zip}"], modes=True),
    "7z": Extractor(["7z", "x", "-y", "-bso0", "{zip}"], modes=True),
    "7zz": Extractor(["7zz", "x", "-y", "-bso0", "{zip}"], modes=True),
    "jar": Extractor(["jar", "xf", "{zip}"]),
    "jar from stdin": Extractor(["jar", "x"], stream=True),
    "perl from stdin": Extractor(["perl", "-e", _PERL], stream=True),
    "bsdtar": Extractor(["bsdtar", "-xpf", "{zip}"], modes=True),
    "bsdtar from stdin": Extractor(["bsdtar", "-xf", "-"], stream=True),
    "cmake": Extractor(["cmake", "-E", "tar", "xf", "{zip}"]),
    "busybox": Extractor(["busybox", "unzip", "-q", "{zip}"]),
}

TESTERS: Final[Mapping[str, Sequence[str]]] = {
    "zip -T": ["zip", "-T", "{zip}"],
    "unzip -t": ["unzip", "-tq", "{zip}"],
    "zipinfo": ["zipinfo", "-v", "{zip}"],
    "zipdetails": ["zipdetails", "{zip}"],
    "7z t": ["7z", "t", "-bso0", "{zip}"],
    "jar t": ["jar", "tf", "{zip}"],
    "jar --validate": ["jar", "--validate", "--file", "{zip}"],
    "libzip": ["ziptool", "-c", "{zip}", "get_num_entries", "0"],
    "zipcmp": ["zipcmp", "-p", "{zip}", "{zip}"],
    "zipfile -t": [sys.executable, "-m", "zipfile", "-t", "{zip}"],
}
"""Programs that only look."""


def is_there(command: Sequence[str]) -> bool:
    """Whether this machine has it."""
    return shutil.which(command[0]) is not None


def extract(extractor: Extractor, path: Path, folder: Path) -> None:
    """Unpack ``path`` into ``folder``, which is made, without a word of warning."""
    folder.mkdir()
    run(extractor.command, path, folder, stdin=path if extractor.stream else Path(os.devnull))


def run(command: Sequence[str], path: Path, cwd: Path, *, stdin: Path = Path(os.devnull)) -> str:
    """What a program prints about the zip at ``path``; it ends well and warns of nothing."""
    with stdin.open("rb") as file:
        answer = subprocess.run(
            [part.replace("{zip}", str(path)) for part in command],
            cwd=cwd,
            stdin=file,
            capture_output=True,
            env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            timeout=120,
            check=False,
        )
    words = answer.stderr.decode(errors="replace")
    assert (answer.returncode, words) == (0, ""), (command[0], words, answer.stdout[-1000:])
    said = answer.stdout.decode(errors="replace")
    assert "warning" not in said.lower()
    return said
