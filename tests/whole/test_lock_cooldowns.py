"""A lock of what was uploaded before a time, which it writes down. (Starts pip; loopback.)"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.index_server import IndexServer, Listing
from tests.wheel_factory import make_wheel
from tests.whole.locking import BOTH, MakeLock, problems, state, versions

pytestmark = [pytest.mark.pip, pytest.mark.once]


OLD, NEW = "demo-1.0-py3-none-any.whl", "demo-2.0-py3-none-any.whl"


def days_ago(days: int) -> str:
    """A time as an index tells it."""
    time = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def dated(served: Path) -> Iterator[IndexServer]:
    """An index that says when its files were uploaded: one release 30 days ago, one yesterday."""
    for version in ("1.0", "2.0"):
        make_wheel(served, "demo", version)
    listing = Listing(upload_time={OLD: days_ago(30), NEW: days_ago(1)})
    with IndexServer(served, listing=listing) as server:
        yield server


def recorded(path: Path) -> datetime.datetime:
    """The moment that a lock has written down."""
    return datetime.datetime.fromisoformat(
        tomllib.loads(path.read_text())["tool"]["lambda-wheels"]["uploaded-prior-to"]
    )


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        pytest.param("2026-01-02T03:04:05+02:00", "2026-01-02T03:04:05+02:00", id="with a zone"),
        pytest.param("2026-01-02T03:04:05", "2026-01-02T03:04:05+00:00", id="without a zone"),
        pytest.param("2026-01-02", "2026-01-02T00:00:00+00:00", id="day"),
        pytest.param(datetime.datetime(2026, 1, 2), "2026-01-02T00:00:00+00:00", id="datetime"),
    ],
)
def test_cooldown_to_a_time(served: Path, lock: MakeLock, path: Path, given: object, moment: str) -> None:
    """A time is written down with its zone, and the same call again changes nothing; another one does."""
    for version in ("1.0", "2.0"):
        make_wheel(served, "demo", version)
    listing = Listing(upload_time={OLD: "2026-01-01T00:00:00Z", NEW: "2026-01-03T00:00:00Z"})
    with IndexServer(served, listing=listing) as index:
        made = lock("demo", index_url=index.url, uploaded_prior_to=given)
        assert versions(path) == {"demo": ["1.0"]}
        assert made.uploaded_prior_to is not None
        assert recorded(path) == datetime.datetime.fromisoformat(made.uploaded_prior_to)
        assert recorded(path) == datetime.datetime.fromisoformat(moment)
        assert recorded(path).tzinfo is not None
        before = state(path)
        assert not lock("demo", index_url=index.url, uploaded_prior_to=given).changed
        assert state(path) == before
        later = lock("demo", index_url=index.url, uploaded_prior_to="2026-01-02T12:00:00Z")
        assert later.changed and later.changes == ()
        assert recorded(path) == datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC)


def test_cooldown_of_a_span(lock: MakeLock, dated: IndexServer, path: Path) -> None:
    """A span ends at one moment for all targets, which is written down, and stands as long as the wheels do."""
    before = datetime.datetime.now(datetime.UTC)
    made = lock("demo", **BOTH, index_url=dated.url, uploaded_prior_to="P7D")
    after = datetime.datetime.now(datetime.UTC)
    week = datetime.timedelta(days=7)
    assert before - week <= recorded(path) <= after - week
    assert made.uploaded_prior_to == recorded(path).isoformat()
    assert versions(path) == {"demo": ["1.0"]}
    kept = state(path)
    again = lock("demo", **BOTH, index_url=dated.url, uploaded_prior_to="P7D")
    assert not again.changed
    assert again.uploaded_prior_to == made.uploaded_prior_to
    assert not lock("demo", **BOTH, index_url=dated.url, uploaded_prior_to="P7D", check=True).changed
    assert not lock("demo", **BOTH, index_url=dated.url).changed, "what was old enough is so without being asked"
    assert state(path) == kept


def test_longer_span(lock: MakeLock, dated: IndexServer, path: Path) -> None:
    """A longer span than the one written down says more, and so is written down."""
    lock("demo", index_url=dated.url, uploaded_prior_to="P7D")
    first = recorded(path)
    [problem] = problems(lock, "demo", index_url=dated.url, uploaded_prior_to="P14D", check=True)
    assert problem.rule == "lock-differs"
    assert lock("demo", index_url=dated.url, uploaded_prior_to="P14D").changed
    assert recorded(path) < first - datetime.timedelta(days=6)
    assert not lock("demo", index_url=dated.url, uploaded_prior_to="P7D").changed


def test_cooldown_that_is_new(lock: MakeLock, dated: IndexServer, path: Path) -> None:
    """A cooldown that a lock did not have so far is written down, though it has the same wheels."""
    lock("demo==1.0", index_url=dated.url)
    assert "tool" not in tomllib.loads(path.read_text())
    made = lock("demo==1.0", index_url=dated.url, uploaded_prior_to="P7D")
    assert made.changed and made.uploaded_prior_to == recorded(path).isoformat()


def test_cooldown_for_what_is_locked(lock: MakeLock, dated: IndexServer, path: Path) -> None:
    """What is locked and too new is not kept."""
    lock("demo", index_url=dated.url)
    made = lock("demo", index_url=dated.url, uploaded_prior_to="P7D")
    assert list(map(str, made.changes)) == ["demo 2.0 -> 1.0"]


def test_cooldown_of_pip(lock: MakeLock, dated: IndexServer, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cooldown of pip's configuration counts, is written down, and stays like any other."""
    monkeypatch.setenv("PIP_UPLOADED_PRIOR_TO", "P7D")
    lock("demo", index_url=dated.url)
    assert versions(path) == {"demo": ["1.0"]}
    first = recorded(path)
    assert not lock("demo", index_url=dated.url).changed
    assert recorded(path) == first


def test_index_without_times(lock: MakeLock, served: Path, path: Path) -> None:
    """Where the index does not tell when files were uploaded, a cooldown is refused."""
    make_wheel(served, "demo")
    with IndexServer(served, json=False) as index:
        [problem] = problems(lock, "demo", index_url=index.url, uploaded_prior_to="P7D")
    assert problem.rule == "too-new"
    assert problem.message.startswith("demo comes from an index that does not say when")
    assert not path.exists()
