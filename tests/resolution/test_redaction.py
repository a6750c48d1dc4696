"""What may be shown of a URL. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.hiding import hide_secrets
from lambda_wheels.resolution.pip_child.credentials import may_be_secret
from lambda_wheels.resolution.redaction import public_url, redact


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/simple/", "https://example.org/simple/"),
        ("https://user:sesame@example.org:8080/simple/", "https://example.org:8080/simple/"),
        ("https://sesame@example.org", "https://example.org"),
        ("https://user:p@sesame@example.org/", "https://example.org/"),
        ("https://example.org/a.whl?token=sesame&x=1#sha256=00", "https://example.org/a.whl"),
        ("file:///wheels/a.whl", "file:///wheels/a.whl"),
        ("https://[::1]:80/x", "https://[::1]:80/x"),
        ("https://[sesame/", "(a malformed URL)"),
    ],
)
def test_public_url(url: str, shown: str) -> None:
    """Of a URL, scheme, host and path may be shown."""
    assert public_url(url) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("demo==1.0 from nowhere", "demo==1.0 from nowhere", id="no URL"),
        pytest.param("write to me@example.org", "write to me@example.org", id="mail address"),
        pytest.param(
            "Looking in indexes: https://u:sesame@a.example/simple, https://b.example/?t=sesame",
            "Looking in indexes: https://a.example/simple, https://b.example/",
            id="two",
        ),
        pytest.param("'https://u:sesame@a.example/x'", "'https://a.example/x'", id="quoted"),
        pytest.param("https://u:ses ame@a.example/x", "https://a.example/x", id="space in the password"),
        pytest.param("https://u:ses'ame@a.example/x", "https://a.example/x", id="quote in the password"),
        pytest.param("https://u:ses<>ame@a.example/x", "https://a.example/x", id="brackets in the password"),
        pytest.param(
            "http://a.example:80 or https://u:sesame@b.example", "http://a.example:80 or https://b.example", id="port"
        ),
        pytest.param("with url: /links/?token=sesame (Caused by", "with url: /links/ (Caused by", id="query of a path"),
        pytest.param("--proxy=u:sesame@proxy.example:8080", "--proxy=proxy.example:8080", id="no scheme"),
        pytest.param("git+https://u:sesame@a.example/x.git@main", "git+https://a.example/x.git@main", id="git"),
        pytest.param("is it there?", "is it there?", id="question mark"),
        pytest.param("demo @ https://a.example/x.whl", "demo @ https://a.example/x.whl", id="name @ URL"),
    ],
)
def test_redact(text: str, shown: str) -> None:
    """Every URL in a text is made public, the rest of the text is left."""
    assert redact(text) == shown


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("application/octet-stream", False),
        ("AWS4-HMAC-SHA256", False),
        ("demo-1.0-py3-none-any.whl", False),
        ("dG9rZW4/c2VzYW1l", True),
        ("AWS4-HMAC-SHA256-sesame", True),
        ("https://example.org/x?token=sesame&y=.whl", True),
        ("short", False),
    ],
)
def test_values_of_a_query(value: str, secret: bool) -> None:
    """A long value in a query is hidden wherever it is, but for what is none: kinds of content, names of wheels."""
    assert may_be_secret(value) is secret


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("git+https://a.example/a/b@v1.0", "git+https://a.example/a/b@v1.0", id="revision of a path"),
        pytest.param(
            "'demo @ git+https://sesame@a.example/a/b@v1.0'", "'demo @ git+https://a.example/a/b@v1.0'", id="git user"
        ),
        pytest.param("git+https://u:se/sesame@a.example", "git+https://a.example", id="slash in the password, git"),
        pytest.param(
            "git+https://a.b:se/sesame@a.example", "git+https://a.example", id="slash in the password of a host, git"
        ),
        pytest.param(
            "no https://proxy:8080: ask me@a.example", "no https://proxy:8080: ask me@a.example", id="host and port"
        ),
        pytest.param("no https://a.example: ask me@b.example", "no https://a.example: ask me@b.example", id="host"),
        pytest.param("https://u: sesame@a.example", "https://a.example", id="space at the start of the password"),
        pytest.param("https://u:p: sesame@a.example", "https://a.example", id="colon and space in the password"),
        pytest.param("https://u:p @ sesame@a.example", "https://a.example", id="at between spaces in the password"),
        pytest.param(
            "https://a.example is not used for foo @ https://u:sesame@x/y.whl",
            "https://a.example is not used for foo @ https://x/y.whl",
            id="sentence with name @ URL",
        ),
        pytest.param(
            "arn:aws:sts::1:assumed-role/x/me@a.example", "arn:aws:sts::1:assumed-role/x/me@a.example", id="arn"
        ),
        pytest.param("arn:aws:sts::1:x?u:sesame@a.example", "a.example", id="no ARN"),
        pytest.param(
            "git+https://a.example/b@v1,https://u:se/sesame@b.example",
            "git+https://b.example",
            id="and a user",
        ),
    ],
)
def test_what_an_at_may_mean(text: str, shown: str) -> None:
    """A revision, a mail address and the @ of a requirement keep what is before them; users and passwords do not."""
    assert redact(text) == shown
    assert hide_secrets(shown) == shown
    assert "sesame" not in hide_secrets(text)
    if "sesame" not in text:
        assert hide_secrets(text) == shown
