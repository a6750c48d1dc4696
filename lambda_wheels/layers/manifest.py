"""The manifest: how a layer says what it was made of. (Pure.)

It holds inputs only, so that a new release of ours changes nobody's bytes: no clock, no path of the host, no
credential, nothing computed. Format 1, a promise::

    {
      "format": 1,
      "libraries": [{"name": "libgomp.so.1", "sha256": "…"}],
      "options": {"bytecode": "3.13.0", "scripts": true},
      "targets": [{"architecture": "arm64", "runtime": "python3.13"}],
      "waived": ["path-conflict:demo"],
      "wheels": [{"filename": "…", "name": "…", "sha256": "…", "version": "…"}]
    }

``options`` has only those that change the contents and differ from the default, and ``libraries`` is there only where
some were brought along, so that what is new does not change the layers that do not use it. A wheel that not all of
several runtimes have names those that do, as ``"runtimes": ["python3.12"]``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from lambda_wheels.errors import UsageError
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Wheel

FORMAT: Final = 1
FOLDER: Final = "lambda-wheels"
"""Where manifests are, at the top of the layer: never on ``sys.path``."""

LIBRARIES: Final = "lib/"
"""Where libraries are that come from no wheel: Lambda has it on ``LD_LIBRARY_PATH`` (AWS, "Packaging layers")."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")


class ManifestWheel(NamedTuple):
    """A wheel that a layer was made of."""

    name: str
    version: str
    filename: str
    sha256: str
    runtimes: tuple[str, ...] = ()
    """Those that it is for, where it is not for all of the layer's."""

    @classmethod
    def of(cls, wheel: Wheel, runtimes: Iterable[str] = ()) -> ManifestWheel:
        """What the manifest says of ``wheel``."""
        return cls(wheel.name, str(wheel.version), wheel.filename, wheel.sha256, tuple(sorted(runtimes)))

    @property
    def order(self) -> tuple[str, str, str, str]:
        """By which wheels are sorted."""
        return self.name, self.version, self.filename, self.sha256

    def as_dict(self) -> dict[str, Any]:
        """The wheel as it stands in the manifest."""
        value = self._asdict()
        if not self.runtimes:
            del value["runtimes"]
        return value


class ManifestLibrary(NamedTuple):
    """A shared object that was brought along."""

    name: str
    """In the layer's ``lib/``."""
    sha256: str

    @property
    def path(self) -> str:
        """Its place in the layer."""
        return LIBRARIES + self.name


class Manifest(NamedTuple):
    """The inputs of a layer."""

    wheels: tuple[ManifestWheel, ...]
    targets: tuple[Target, ...]
    waived: tuple[str, ...] = ()
    """Each ``RULE:PROJECT`` that was used."""
    scripts: bool = False
    """Whether the layer was built with scripts in its ``bin/``."""
    bytecode: str | None = None
    """The full version of the interpreter that compiled bytecode for it, if there is some: it is an input."""
    libraries: tuple[ManifestLibrary, ...] = ()

    def as_bytes(self) -> bytes:
        """The canonical JSON: keys and lists sorted, two spaces, ASCII, one line feed at the end."""
        value = {
            "format": FORMAT,
            **({"libraries": [library._asdict() for library in sorted(self.libraries)]} if self.libraries else {}),
            "options": {
                **({"bytecode": self.bytecode} if self.bytecode is not None else {}),
                **({"scripts": True} if self.scripts else {}),
            },
            "targets": [
                {"architecture": target.architecture, "runtime": target.runtime}
                for target in sorted(self.targets, key=lambda target: (target.runtime, target.architecture))
            ],
            "waived": sorted(self.waived),
            "wheels": [wheel.as_dict() for wheel in sorted(self.wheels, key=lambda wheel: wheel.order)],
        }
        return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True).encode("ascii") + b"\n"

    @property
    def is_for_one_architecture(self) -> bool:
        """Whether the targets are such as a layer of ours has: one runtime or several, on one architecture."""
        return len({target.architecture for target in self.targets}) == 1 and len({*self.targets}) == len(self.targets)

    def wheels_for(self, target: Target) -> Iterator[ManifestWheel]:
        """What of the wheels is for ``target``."""
        return (wheel for wheel in self.wheels if not wheel.runtimes or target.runtime in wheel.runtimes)

    @property
    def path(self) -> str:
        """Its path in the layer, named by its own digest: all layers of a function are unpacked into one ``/opt``."""
        return manifest_path(self.as_bytes())


def manifest_path(content: bytes) -> str:
    """The path in a layer of the manifest that has ``content``."""
    return f"{FOLDER}/{hashlib.sha256(content).hexdigest()[:32]}.json"


def is_manifest_path(path: str) -> bool:
    """Whether a manifest could be at ``path`` of a layer."""
    return re.fullmatch(rf"{FOLDER}/[0-9a-f]{{32}}\.json", path) is not None


def parse_manifest(content: bytes) -> Manifest:
    """The manifest that was written as ``content``.

    :raises ValueError: for anything that :meth:`Manifest.as_bytes` did not write, later formats included.
    """
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("not a manifest") from None
    if not isinstance(value, dict) or type(value.get("format")) is not int:
        raise ValueError("not a manifest")
    if value["format"] != FORMAT:
        raise ValueError(f"a manifest of format {value['format']}; this release reads {FORMAT}")
    try:
        manifest = _manifest(value)
    except (KeyError, TypeError, AttributeError, UsageError) as error:
        raise ValueError("not a manifest") from error
    if not manifest.targets:
        raise ValueError("a manifest without targets")
    if manifest.as_bytes() != content:
        raise ValueError("not a manifest as lambda-wheels writes it")
    return manifest


def _manifest(value: dict[str, Any]) -> Manifest:
    return Manifest(
        wheels=tuple(
            ManifestWheel(
                name=_printable(wheel["name"]),
                version=_printable(wheel["version"]),
                filename=_text(wheel["filename"]),
                sha256=_sha256(wheel["sha256"]),
                runtimes=tuple(_text(runtime) for runtime in wheel.get("runtimes", ())),
            )
            for wheel in value["wheels"]
        ),
        targets=tuple(Target(_text(target["runtime"]), _text(target["architecture"])) for target in value["targets"]),
        waived=tuple(_text(waiver) for waiver in value["waived"]),
        scripts=bool(value["options"].get("scripts", False)),
        bytecode=_version(value["options"]["bytecode"]) if "bytecode" in value["options"] else None,
        libraries=tuple(
            ManifestLibrary(_text(library["name"]), _sha256(library["sha256"]))
            for library in value.get("libraries", ())
        ),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _printable(value: object) -> str:
    """Text that is shown, and goes into descriptions at AWS."""
    text = _text(value)
    if not text.isprintable():
        raise TypeError(f"{text!r} cannot be shown")
    return text


def _version(value: object) -> str:
    text = _text(value)
    if not _VERSION.fullmatch(text):
        raise TypeError(f"{text!r} is not the version of a release")
    return text


def _sha256(value: object) -> str:
    text = _text(value)
    if not _SHA256.fullmatch(text):
        raise TypeError(f"{text!r} is not a sha256")
    return text
