"""Values of the wrong kind are told as the caller's mistake, before pip starts. (Pure.)"""

from __future__ import annotations

import math
from typing import Any

import pytest

from lambda_wheels.errors import UsageError
from lambda_wheels.resolution.index_options import IndexOptions, local_paths, pip_options


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", math.nan),
        ("timeout", math.inf),
        ("timeout", -1),
        ("timeout", 0),
        ("timeout", 1e300),
        ("timeout", True),
        ("timeout", "soon"),
        ("retries", True),
        ("retries", -1),
        ("retries", 1.5),
        ("retries", "5"),
        ("pre", "yes"),
        ("no_index", 1),
        ("require_hashes", []),
        ("index_url", 1),
        ("index_url", ["https://a.example"]),
        ("extra_index_url", 1),
        ("extra_index_url", [b"https://a.example"]),
        ("extra_index_url", b"https://a.example"),
        ("find_links", [1]),
        ("constraint", 1),
        ("trusted_host", True),
        ("cert", 1),
        ("client_cert", ["a"]),
        ("proxy", True),
        ("keyring_provider", 1),
        ("uploaded_prior_to", 2025),
        ("uploaded_prior_to", "https://a.example/x?X-Amz-Signature='sesame'"),
        ("uploaded_prior_to", "alice:sesame@a.example"),
        ("uploaded_prior_to", "P99999999999D"),
    ],
)
def test_wrong_kind(name: str, value: object) -> None:
    """A value of another kind is refused in one line with the option's name."""
    options: dict[str, Any] = {name: value}
    with pytest.raises(UsageError) as caught:
        pip_options(options)
    [problem] = caught.value.problems
    assert problem.rule == "pip-refused"
    assert f"--{name.replace('_', '-')} has to be " in str(problem)
    assert "sesame" not in str(problem)
    local_paths(options)


@pytest.mark.parametrize("name", sorted(IndexOptions.__annotations__))
def test_not_given(name: str) -> None:
    """None stands for an option that is not given."""
    assert pip_options({name: None}) == []


def test_all_at_once() -> None:
    """Every wrong value is told."""
    with pytest.raises(UsageError) as caught:
        pip_options({"timeout": -1, "retries": -1, "pre": False})
    assert len(caught.value.problems) == 2
