"""Progress is a plain callback with plain events. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.progress import Progress, ProgressEvent, Stage, silent


def test_stages() -> None:
    """The stages are listed in the order in which a build goes through them."""
    assert [str(stage) for stage in Stage] == ["resolve", "fetch", "verify", "compile", "write"]


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
