"""pip's options under their own names. (Pure, but for folders.)"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from lambda_wheels.errors import UsageError
from lambda_wheels.resolution.index_options import local_paths, pip_options, settled


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        pytest.param({}, [], id="none"),
        pytest.param({"index_url": "https://a.example"}, ["--index-url=https://a.example"], id="URL"),
        pytest.param({"extra_index_url": "https://a.example"}, ["--extra-index-url=https://a.example"], id="one"),
        pytest.param(
            {"extra_index_url": ["https://a.example", "https://b.example"]},
            ["--extra-index-url=https://a.example", "--extra-index-url=https://b.example"],
            id="several",
        ),
        pytest.param({"find_links": Path("wheels")}, ["--find-links=wheels"], id="path"),
        pytest.param({"constraint": (Path("a"), "b")}, ["--constraint=a", "--constraint=b"], id="tuple"),
        pytest.param(
            {"pre": True, "no_index": False, "require_hashes": True}, ["--pre", "--require-hashes"], id="flags"
        ),
        pytest.param({"timeout": 2.5, "retries": 0}, ["--timeout=2.5", "--retries=0"], id="numbers"),
        pytest.param({"cert": None, "proxy": None}, [], id="not given"),
        pytest.param({"trusted_host": "--pre"}, ["--trusted-host=--pre"], id="value like an option"),
        pytest.param(
            {"uploaded_prior_to": datetime.datetime(2025, 1, 2, tzinfo=datetime.UTC)},
            ["--uploaded-prior-to=2025-01-02T00:00:00+00:00"],
            id="time",
        ),
        pytest.param({"keyring_provider": "subprocess"}, ["--keyring-provider=subprocess"], id="keyring"),
    ],
)
def test_pip_options(options: dict[str, Any], arguments: list[str]) -> None:
    """Each option becomes pip's flag of that name, its value bound to it."""
    assert pip_options(options) == arguments


@pytest.mark.parametrize("name", ["platform", "target", "only_binary", "no_deps", "index-url", "requirement"])
def test_unexpected_option(name: str) -> None:
    """What is not an index option is refused as any unexpected keyword argument is."""
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
        pip_options({name: "x"})


@pytest.mark.parametrize("url", ["nonsense", "example.org/simple", "ftp://a.example", "http://[sesame/", "-r x", ""])
def test_bad_index_url(url: str) -> None:
    """The address of an index that pip could not read, and would call empty, is refused; nothing secret is shown."""
    with pytest.raises(UsageError) as caught:
        pip_options({"extra_index_url": ["https://a.example", url]})
    assert [problem.rule for problem in caught.value.problems] == ["bad-index-url"]
    assert "sesame" not in str(caught.value)


def test_index_in_a_folder(tmp_path: Path) -> None:
    """A folder laid out as an index may stand for one, as for pip."""
    assert pip_options({"index_url": str(tmp_path)}) == [f"--index-url={tmp_path}"]


def test_local_paths() -> None:
    """The files and folders that options name are known, so that missing ones can be told; URLs are none."""
    options = {
        "find_links": ["wheels", "https://a.example/links", "file:///wheels"],
        "constraint": Path("c.txt"),
        "cert": "ca.pem",
        "client_cert": None,
        "index_url": "https://a.example",
    }
    assert local_paths(options) == [Path("wheels"), Path("c.txt"), Path("ca.pem")]
    assert local_paths({}) == []


@pytest.mark.parametrize("name", ["extra_index_url", "find_links", "constraint", "trusted_host"])
def test_generators(name: str) -> None:
    """What is given as a generator is there each time it is asked for, not only the first time."""
    options = settled({name: (text for text in ["https://a.example/x", "https://b.example/y"])})  # type: ignore[misc]
    flag = "--" + name.replace("_", "-")
    for _ in range(2):
        assert pip_options(options) == [f"{flag}=https://a.example/x", f"{flag}=https://b.example/y"]


@pytest.mark.parametrize("host", [":::", "", "alice:sesame"])
def test_no_host(host: str) -> None:
    """What is no host cannot be trusted, and is not shown."""
    with pytest.raises(UsageError, match=r"pip-refused.*--trusted-host is not a host") as caught:
        pip_options({"trusted_host": ["a.example:8080", host]})
    assert "sesame" not in str(caught.value)
