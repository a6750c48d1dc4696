"""The shared libraries of each operating system image under a runtime, and the versions of their symbols. (Pure table.)

Sources: the libraries and symbol versions were read inside AWS's images of the managed runtimes. The container images
of the same names hold more, and so does a machine on which one builds: neither proves anything. Of what may be there or
not, such as glib on Amazon Linux 2023, the table says no: who is wrong then says so before it is published.
"""

from __future__ import annotations

import posixpath
from types import MappingProxyType
from typing import Final, NamedTuple

from lambda_wheels.targets.runtimes import AMAZON_LINUX_2, AMAZON_LINUX_2023, OperatingSystem

_OF_GLIBC = (
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "libutil.so.1",
    "libresolv.so.2",
    "libanl.so.1",
)
_OF_THE_COMPILER = ("libstdc++.so.6", "libgcc_s.so.1")
_LOADERS = MappingProxyType({"x86_64": "ld-linux-x86-64.so.2", "aarch64": "ld-linux-aarch64.so.1"})
_FOLDERS = frozenset({"/lib64", "/usr/lib64"})
"""Where the libraries are; of the same folders without the ``64`` only the loader of aarch64 is in one."""
_LOADER_FOLDERS = frozenset({"/lib", "/usr/lib"})


class Image(NamedTuple):
    """What an image has for the loader."""

    libraries: frozenset[str]
    """By the names under which others need them (``DT_SONAME``)."""
    newest: dict[str, tuple[int, ...]]
    """The newest version of each kind of numbered symbol version: ``GLIBC``, ``GLIBCXX``, ``CXXABI``."""

    def has(self, library: str) -> bool:
        """Whether the loader finds a library of this name there; what has a ``/`` in it is a path."""
        if "/" not in library:
            return library in self.libraries
        folder, name = posixpath.split(posixpath.normpath(library))
        if folder in _LOADER_FOLDERS:
            return name == _LOADERS["aarch64"] and name in self.libraries
        return folder in _FOLDERS and name in self.libraries

    def lacks_version(self, version: str, kind: str, number: tuple[int, ...]) -> bool:
        """Whether no library of the image has the symbol version, of this kind and number if it has one."""
        if kind in self.newest:
            return number > self.newest[kind]
        # What a newer C library promises beside symbols, such as that it knows packed relocations (2.36).
        return version.startswith("GLIBC_ABI_")


def image_of(os: OperatingSystem, machine: str) -> Image:
    """The image of ``os`` for ``machine``, ``x86_64`` or ``aarch64``."""
    return _IMAGES[os.name, machine]


def _image(os: OperatingSystem, machine: str, *own: str, **newest: tuple[int, ...]) -> Image:
    libraries = {*_OF_GLIBC, *_OF_THE_COMPILER, "libz.so.1", _LOADERS[machine], *own}
    return Image(libraries=frozenset(libraries), newest={"GLIBC": os.glibc, **newest})


_OLD = ("libmvec.so.1", "libnsl.so.1", "libffi.so.6", "libssl.so.10", "libcrypto.so.10")
_NEW = ("libffi.so.8", "libssl.so.3", "libcrypto.so.3")
_IMAGES: Final = {
    (AMAZON_LINUX_2.name, "x86_64"): _image(AMAZON_LINUX_2, "x86_64", *_OLD, GLIBCXX=(3, 4, 24), CXXABI=(1, 3, 11)),
    (AMAZON_LINUX_2.name, "aarch64"): _image(AMAZON_LINUX_2, "aarch64", *_OLD, GLIBCXX=(3, 4, 24), CXXABI=(1, 3, 11)),
    (AMAZON_LINUX_2023.name, "x86_64"): _image(
        AMAZON_LINUX_2023, "x86_64", "libmvec.so.1", *_NEW, GLIBCXX=(3, 4, 33), CXXABI=(1, 3, 15)
    ),
    (AMAZON_LINUX_2023.name, "aarch64"): _image(
        AMAZON_LINUX_2023, "aarch64", *_NEW, GLIBCXX=(3, 4, 33), CXXABI=(1, 3, 15)
    ),
}
