"""Progress is a plain callback with plain events. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.progress import Onward, Progress, ProgressEvent, Stage, silent


def test_stages() -> None:
    """The stages are listed in the order in which a build goes through them."""
    assert [str(stage) for stage in Stage] == ["resolve", "fetch", "verify", "compile", "write", "import", "publish"]


def test_event() -> None:
    """An event names the piece in hand only where there is one, and compares by value."""
    event = ProgressEvent(stage=Stage.FETCH, done=1, total=None)
    assert event.what == ""
    assert event == ProgressEvent(stage=Stage.FETCH, done=1, total=None, what="")
    assert event != ProgressEvent(stage=Stage.FETCH, done=2, total=None)


def test_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """The default callback takes every event and shows nothing."""
    callback: Progress = silent
    for stage in Stage:
        callback(ProgressEvent(stage=stage, done=1, total=2, what="x"))
    assert capfd.readouterr() == ("", "")


def test_onward() -> None:
    """A job that is done several times over goes on where it was, stage by stage, whether it came to its end or not."""
    heard: list[tuple[str, int, int | None]] = []
    onward = Onward(lambda event: heard.append((event.stage, event.done, event.total)))
    for done, total in ((2, 2), (1, 3), (0, 1)):
        onward(ProgressEvent(stage=Stage.RESOLVE, done=5, total=None))
        onward(ProgressEvent(stage=Stage.FETCH, done=done, total=total))
        onward.again()
    assert [event for event in heard if event[0] == "resolve"] == [
        ("resolve", 5, None),
        ("resolve", 10, None),
        ("resolve", 15, None),
    ]
    assert [event for event in heard if event[0] == "fetch"] == [("fetch", 2, 2), ("fetch", 3, 5), ("fetch", 3, 4)]
