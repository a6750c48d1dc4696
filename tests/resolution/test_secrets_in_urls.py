"""No password is shown of a URL that is read otherwise than it was meant. (Pure, but for folders.)"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lambda_wheels.errors import UsageError
from lambda_wheels.resolution.index_options import local_paths, pip_options
from lambda_wheels.resolution.redaction import public_url, redact, url_fault
from lambda_wheels.resolution.requirements import read_requirements


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://alice:12/sesame@example.org:9/simple", "https://example.org:9/simple"),
        ("https://alice:se/sesame@example.org/x.whl?token=sesame", "https://example.org/x.whl"),
        ("https://alice:se?sesame@example.org/simple", "(a malformed URL)"),
        ("https://alice:se#sesame@example.org/simple", "(a malformed URL)"),
        ("https://example.org/simple?mail=a@b&token=sesame", "(a malformed URL)"),
        ("alice:sesame@example.org/simple", "example.org/simple"),
        ("https:/alice:sesame@example.org/simple", "example.org/simple"),
        ("alice:se/sesame@example.org", "example.org"),
        ("git+https://alice:se/sesame@example.org/x.git@main", "git+https://example.org/x.git@main"),
        ("git+https://example.org/x.git@v1.0", "git+https://example.org/x.git@v1.0"),
        ("https://example.org/a.whl?id=a@b&token=sesame", "https://example.org/a.whl"),
        ("file:///home/me@work/wheels", "file:///home/me@work/wheels"),
        ("https://alice@sesame@example.org/", "https://example.org/"),
        ("https://alice:sesame%40example.org/", "(a malformed URL)"),
        ("https://example.org/a.whl?token='sesame'", "https://example.org/a.whl"),
    ],
)
def test_public_url(url: str, shown: str) -> None:
    """What stands before the last @ of a URL is shown only where it cannot belong to a user or a password."""
    assert public_url(url) == shown


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize(
    "text",
    [
        "Looking in indexes: https://alice:12/sesame@example.org/simple",
        "--proxy=alice:se/sesame@example.org:80",
        "'alice:se/sesame@example.org/x.whl'",
        "see https:/alice:sesame@example.org/simple",
        "alice:sesame@example.org",
        "Invalid URL 'https://alice:se?sesame@example.org'",
        "https://example.org/a.whl?token='sesame' is gone",
        "https://example.org/a.whl?token=<sesame>",
        'https://example.org/a.whl?token="a"b\\sesame',
    ],
)
def test_redact(text: str) -> None:
    """Of a URL within a text nothing is shown that may belong to a user or a password."""
    assert "alice" not in redact(text)
    assert "sesame" not in redact(text)


@pytest.mark.parametrize(
    "text", [r"C:\users\me is not a folder", "line 3: https://example.org:80/a is gone", "a.example:80/x, b@c.example"]
)
def test_nothing_to_redact(text: str) -> None:
    """A drive, a port, a colon and a mail address are left."""
    assert redact(text) == text


@pytest.mark.parametrize(
    ("url", "reads"),
    [
        ("https://example.org/simple", True),
        ("https://alice:ses%2Fame@example.org:8080/simple?x=y", True),
        ("https://[::1]:80/simple", True),
        ("file:///home/me@work/simple", True),
        ("https://alice:12/sesame@example.org/simple", False),
        ("https://alice:se/sesame@example.org/simple", False),
        ("https://alice:se#sesame@example.org", False),
        ("https://alice:se?sesame@example.org", False),
        ("https:///simple", False),
        ("https://example.org:port/simple", False),
        ("https://example.org:70000/simple", False),
        ("https://[::1/simple", False),
        ("https://alice:ses\name@example.org/simple", False),
        ("https://alice:sesame@example.org/simple\n", False),
    ],
)
def test_url_fault(url: str, reads: bool) -> None:
    """A URL without a host or with an unreadable port has a fault, and one whose password would end the host."""
    assert (url_fault(url) == "") is reads


FAULTY = [
    "alice:sesame@127.0.0.1/simple",
    "https:/alice:sesame@127.0.0.1:9/simple",
    "https://alice:12/sesame@127.0.0.1:9/simple",
    "https://alice:se/sesame@127.0.0.1:9/simple",
    "https://alice:se?sesame@127.0.0.1:9/simple",
    "https://alice:se#sesame@127.0.0.1:9/simple",
    "https://alice:sesame",
    "ftp://alice:sesame@127.0.0.1/simple",
    "https://[alice:sesame@127.0.0.1/simple",
]


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize("url", FAULTY)
@pytest.mark.parametrize("name", ["index_url", "extra_index_url"])
def test_index(name: str, url: str) -> None:
    """An index whose address is not read as it was meant is refused, and nothing of it is shown."""
    with pytest.raises(UsageError) as caught:
        pip_options({name: url})
    [problem] = caught.value.problems
    assert problem.rule == "bad-index-url"
    assert "--" + name.replace("_", "-") in str(problem)
    for secret in ("alice", "sesame", "127"):
        assert secret not in str(problem)


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize(
    "url", ["http://alice:se#sesame@127.0.0.1:9", "alice:se/sesame@127.0.0.1:9", "http://:sesame@"]
)
def test_proxy(url: str) -> None:
    """A proxy whose address is not read as it was meant is refused, and nothing of it is shown."""
    with pytest.raises(UsageError) as caught:
        pip_options({"proxy": url})
    [problem] = caught.value.problems
    assert problem.rule == "pip-refused"
    assert "--proxy" in str(problem)
    assert "sesame" not in str(problem)
    assert "alice" not in str(problem)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "alice:pass@127.0.0.1:9", "socks5://alice:p%23@example.org"])
def test_good_proxy(url: str) -> None:
    """A proxy may go without a scheme, as for pip."""
    assert pip_options({"proxy": url}) == [f"--proxy={url}"]


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize(
    "text",
    [
        "https://alice:sesame@127.0.0.1/r.txt?tok=sesame",
        "alice:sesame@127.0.0.1/x.whl",
        "alice:sesame@127.0.0.1",
        "https:/alice:sesame@127.0.0.1/r.txt",
    ],
)
@pytest.mark.parametrize("option", ["", "cert", "find_links", "constraint"])
def test_path(option: str, text: str) -> None:
    """A URL that was given where a path belongs is refused without its secrets."""
    options: dict[str, Any] = {option: Path(text)} if option else {}
    with pytest.raises(UsageError) as caught:
        read_requirements("demo" if option else Path(text), local_paths(options))
    [problem] = caught.value.problems
    assert problem.rule == "no-such-file"
    assert "alice" not in str(problem)
    assert "sesame" not in str(problem)


def test_requirement_file_on_the_web() -> None:
    """A requirement file on the web is refused as what it is: a URL."""
    with pytest.raises(UsageError, match=r"https://example\.org/r\.txt is a URL.*download it first"):
        read_requirements(Path("https://example.org/r.txt"))


def test_requirement_without_scheme() -> None:
    """What is shown of a requirement that lacks the scheme of its URL holds no password."""
    with pytest.raises(UsageError) as caught:
        read_requirements("alice:se/sesame@127.0.0.1/x.whl")
    assert "sesame" not in str(caught.value)


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize("name", ["find_links", "constraint"])
@pytest.mark.parametrize("password", ["12/sesame", "se/sesame", "se?sesame", "se#sesame"])
def test_page_or_file(name: str, password: str) -> None:
    """A page of links, or constraints, whose password would be taken for a path: refused, nothing of it shown."""
    with pytest.raises(UsageError) as caught:
        pip_options({name: ["wheels", f"https://alice:{password}@127.0.0.1/x.txt"]})
    [problem] = caught.value.problems
    assert problem.rule == "pip-refused"
    assert "sesame" not in str(problem)
    assert "alice" not in str(problem)


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize("password", ["12/sesame", "se/sesame"])
def test_url_of_a_wheel(password: str) -> None:
    """The URL of a wheel whose password would be taken for a path is refused; an @ in its query is none."""
    wheel = "demo-1.0-py3-none-any.whl"
    with pytest.raises(UsageError, match="malformed") as caught:
        read_requirements(f"demo @ https://alice:{password}@127.0.0.1/{wheel}")
    assert "sesame" not in str(caught.value)
    assert read_requirements(f"demo @ https://example.org/{wheel}?id=a@b").strings
