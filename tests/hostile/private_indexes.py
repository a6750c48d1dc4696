"""Where the credentials of an index may stand, and how an index that got them may fail. (Writes the disk; values.)"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest

from tests.hostile.secret_forms import forms
from tests.index_server import Answer, Fault, IndexServer, Request

USER: Final = "alice-in-index"
PASSWORD: Final = 'Ses@me/%? x&"+z'
TOKEN: Final = "pypi-AgEIcHlwaS5vcmcCJDEz"
SIGNATURE: Final = "9f86d081884c7d659a2feaa0c55ad015"

SECRETS: Final = forms(PASSWORD, USER) | forms(TOKEN) | forms(f"{TOKEN}:") | {SIGNATURE}
"""All that must be nowhere."""

WHEEL: Final = "demo-1.0-py3-none-any.whl"


@dataclass
class Call:
    """What is asked for, and how."""

    requirements: Any = "demo"
    options: dict[str, Any] = field(default_factory=dict)


Place = Callable[[IndexServer, Path, pytest.MonkeyPatch], Call]
"""Puts the credentials of an index somewhere; returns a call that needs them."""


def with_user(url: str, user: str = f"{USER}:{quote(PASSWORD, safe='')}") -> str:
    """``url`` with credentials in it."""
    return url.replace("://", f"://{user}@")


def _option(name: str, url: Callable[[IndexServer], str], **more: Any) -> Place:
    return lambda index, folder, patch: Call(options={name: url(index), **more})


def _extra(index: IndexServer, folder: Path, patch: pytest.MonkeyPatch) -> Call:
    return Call(options={"index_url": with_user(index.url), "extra_index_url": with_user(index.url.rstrip("/"))})


def _environment(name: str) -> Place:
    def put(index: IndexServer, folder: Path, patch: pytest.MonkeyPatch) -> Call:
        patch.setenv("PIP_INDEX_URL", with_user(index.url))
        patch.setenv(name, with_user(index.links_url if "LINKS" in name else index.url))
        return Call()

    return put


def _configuration(index: IndexServer, folder: Path, patch: pytest.MonkeyPatch) -> Call:
    (folder / "pip.conf").write_text(f"[global]\nindex-url = {with_user(index.url)}\n")
    patch.setenv("PIP_CONFIG_FILE", str(folder / "pip.conf"))
    return Call()


def _netrc(variable: bool) -> Place:
    def put(index: IndexServer, folder: Path, patch: pytest.MonkeyPatch) -> Call:
        path = folder / "my-netrc" if variable else Path(os.environ["HOME"], ".netrc")
        quoted = PASSWORD.replace('"', '\\"')
        path.write_text(f'machine 127.0.0.1 login {USER} password "{quoted}"\n')
        path.chmod(0o600)
        if variable:
            patch.setenv("NETRC", str(path))
        return Call(options={"index_url": index.url})

    return put


def _keyring(index: IndexServer, folder: Path, patch: pytest.MonkeyPatch) -> Call:
    programs = folder / "bin"
    programs.mkdir(mode=0o700)
    answer = json.dumps({"username": USER, "password": PASSWORD})
    (programs / "keyring").write_text(f"#!/bin/sh\nprintf %s '{answer}'\nprintf 'I found %s' '{answer}' >&2\n")
    (programs / "keyring").chmod(0o700)
    patch.setenv("PATH", str(programs), prepend=os.pathsep)
    return Call(options={"index_url": index.url, "keyring_provider": "subprocess"})


def _file(line: str) -> Place:
    def put(index: IndexServer, folder: Path, patch: pytest.MonkeyPatch) -> Call:
        path = folder / "requirements.txt"
        path.write_text(f"{line.format(index=with_user(index.url), links=with_user(index.links_url))}\ndemo\n")
        path.chmod(0o600)
        return Call(requirements=path)

    return put


def _signed(index: IndexServer, folder: Path, patch: pytest.MonkeyPatch) -> Call:
    url = f"{index.file_url(WHEEL)}?X-Amz-Signature={SIGNATURE}"
    return Call(requirements=f"demo @ {url}", options={"index_url": with_user(index.url)})


def _locked(index: IndexServer, folder: Path, patch: pytest.MonkeyPatch) -> Call:
    path = folder / "pylock.toml"
    sha256 = hashlib.sha256((index.folder / WHEEL).read_bytes()).hexdigest()
    path.write_text(
        'lock-version = "1.0"\ncreated-by = "uv"\n[[packages]]\nname = "demo"\nversion = "1.0"\n'
        f'index = "{with_user(index.url)}"\n[[packages.wheels]]\n'
        f'url = "{index.file_url(WHEEL)}?token={SIGNATURE}"\nhashes = {{sha256 = "{sha256}"}}\n'
    )
    path.chmod(0o600)
    return Call(requirements=path, options={"index_url": with_user(index.url)})


def _proxy(variable: str) -> Place:
    def put(index: IndexServer, folder: Path, patch: pytest.MonkeyPatch) -> Call:
        options = {"index_url": with_user("http://index.example/simple/"), "trusted_host": "index.example"}
        proxy = with_user(index.root)
        if variable:
            patch.setenv(variable, proxy)
            return Call(options=options)
        return Call(options={**options, "proxy": proxy})

    return put


PLACES: Final[dict[str, Place]] = {
    "index": _option("index_url", lambda index: with_user(index.url)),
    "lower case": _option("index_url", lambda index: with_user(index.url, f"{USER}:{_lower(PASSWORD)}")),
    "as it is": _option("index_url", lambda index: with_user(index.url, f'{USER}:Ses%40me%2F%25%3F x&"+z')),
    "token": _option("index_url", lambda index: with_user(index.url, TOKEN)),
    "extra index": _extra,
    "links": _option("find_links", lambda index: f"{with_user(index.links_url)}?token={SIGNATURE}", no_index=True),
    "PIP_INDEX_URL": _environment("PIP_INDEX_URL"),
    "PIP_EXTRA_INDEX_URL": _environment("PIP_EXTRA_INDEX_URL"),
    "PIP_FIND_LINKS": _environment("PIP_FIND_LINKS"),
    "pip.conf": _configuration,
    "netrc": _netrc(False),
    "NETRC": _netrc(True),
    "keyring": _keyring,
    "file": _file("--index-url {index}"),
    "file, extra": _file("--index-url {index}\n--extra-index-url {index}"),
    "file, links": _file("--no-index\n--find-links {links}"),
    "signed URL": _signed,
    "lock": _locked,
    "proxy": _proxy(""),
    "http_proxy": _proxy("http_proxy"),
}


def _lower(text: str) -> str:
    return "".join(quote(letter, safe="").lower() if quote(letter, safe="") != letter else letter for letter in text)


class Reflecting(IndexServer):
    """An index that asks for credentials, and repeats what it was sent wherever it can."""

    how: str = ""
    """In which way; empty: not at all."""

    def answer(self, request: Request) -> Answer:
        """As ever, but for the echo."""
        answer = super().answer(request)
        if not self.how:
            return answer
        user, password = request.credentials or ("", "")
        echo = f"{request.headers.get('authorization', '')} {user} {password} {quote(password, safe='')} {request.path}"
        headers = {"Content-Type": "text/plain", "X-Echo": echo}
        match self.how:
            case "reason":
                return Answer(path=answer.path, status=403, reason=echo, headers=headers, body=echo.encode())
            case "reason of a 500":
                return Answer(path=answer.path, status=500, reason=echo, headers=headers, body=echo.encode())
            case "redirect":
                to = f"http://127.0.0.1:9/{quote(echo)}/"
                return Answer(path=answer.path, status=302, headers={**headers, "Location": to})
            case "redirect to nonsense":
                return Answer(path=answer.path, status=302, headers={**headers, "Location": f"http://[{quote(echo)}"})
            case "kind":
                return Answer(path=answer.path, headers={"Content-Type": echo}, body=echo.encode())
            case _:  # in the metadata, which pip reads and complains about
                lie = f"Metadata-Version: 2.1\nName: demo\nVersion: {echo}\n\n".encode()
                return replace(answer, body=lie) if answer.path.endswith(".metadata") else answer


REFLECTIONS: Final = ("reason", "reason of a 500", "redirect", "redirect to nonsense", "kind", "metadata")

FAULTS: Final[dict[str, Fault]] = {
    "401": Fault.status(401),
    "404": Fault.status(404),
    "reset": Fault.reset(after=0),
    "short": Fault.short_body(),
    "other bytes": Fault.wrong_body(),
    "portal": Fault.portal(),
    "loop": Fault.redirect(None),
    "redirect to a file": Fault.redirect("file:///etc/passwd"),
}
