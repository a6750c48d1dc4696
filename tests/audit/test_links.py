"""Where the links of a layer lead. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.audit.links import ends, led, links
from tests.audit.held_layers import held, said


@pytest.mark.parametrize(
    ("link", "to", "severity"),
    [
        pytest.param("lib/libx.so", "libx.so.1", None, id="beside it"),
        pytest.param("python/libx.so", "../lib/libx.so.1", None, id="elsewhere in the layer"),
        pytest.param("python/libx.so", "/opt/lib/libx.so.1", None, id="by its whole path in Lambda"),
        pytest.param("python/again", "../lib", None, id="a folder"),
        pytest.param("python/top", "..", None, id="all of it"),
        pytest.param("python/self", "self", "warning", id="itself"),
        pytest.param("python/self", "self/a", "warning", id="into itself"),
        pytest.param("lib/gone", "libgone.so", "warning", id="nowhere"),
        pytest.param("bin/python", "/usr/bin/python3.13", "error", id="the machine that made it"),
        pytest.param("lib/out", "../../etc/passwd", "error", id="climbs"),
        pytest.param("lib/root", "/", "error", id="the root"),
        pytest.param("lib/near", "/optional/x", "error", id="a name that begins alike"),
    ],
)
def test_links(link: str, to: str, severity: str | None) -> None:
    """A link that stays within the layer is fine."""
    found = links(held(["lib/libx.so.1"], links={link: to}))
    assert said(found) == ([("link-leads-out", severity, link)] if severity else [])


def test_links_through_links() -> None:
    """A link that leads through a link to a folder may well lead somewhere; each that is broken is told by itself."""
    through = {"lib64": "lib", "python/libx.so": "../lib64/libx.so.1"}
    assert said(links(held(["lib/libx.so.1"], links=through))) == []
    through["lib/liby.so"] = "../lib64/liby.so.1"
    assert said(links(held(["lib/libx.so.1"], links=through))) == [("link-leads-out", "warning", "lib/liby.so")]
    through["lib64"] = "gone"
    assert said(links(held(["lib/libx.so.1"], links=through))) == [("link-leads-out", "warning", "lib64")]


def test_links_that_are_alike() -> None:
    """Each way of leading nowhere is one finding, which says how many there are and where the first leads."""
    found = links(held([], links={"a": "b", "b": "a", "c": "/c", "d": "/d", "e": "/e", "f": "g", "h": "a"}))
    assert [(problem.member, problem.message) for problem in found] == [
        ("c", "it leads out of the layer, to /c (and 2 other files)"),
        ("a", "it leads round in a circle, or over too many links, to b (and 2 other files)"),
        ("f", "it leads nowhere, to g"),
    ]


def test_led() -> None:
    """Where a link leads is told from ``/opt``."""
    assert led("python/a/link", "../b") == "python/b"
    assert led("link", "..") == ".."


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("lib/x", "lib/x"),
        ("python/a/x", "lib/x"),
        ("python/top/lib/x", "lib/x"),
        ("python/a/../x", "x"),
        ("python/whole/y", "lib/y"),
        ("python/chain/y", "lib/y"),
        ("python/up", "lib"),
        ("out", "../etc"),
        ("python/out/x", "../etc"),
        ("python/climbs", "../etc"),
        ("round", None),
        ("python/self/x", None),
    ],
)
def test_ends(path: str, end: str | None) -> None:
    """Links are followed one by one, as Linux does: ``..`` is the folder above what the link leads to."""
    found = {
        "python/a": "../lib",
        "python/top": "..",
        "python/whole": "/opt/lib",
        "python/chain": "a/.",
        "python/up": "../../opt//lib",
        "out": "/etc",
        "python/out": "../out",
        "python/climbs": "a/../../etc",
        "round": "about",
        "about": "round",
        "python/self": "self",
    }
    assert ends({"it": path, **found})["it"] == end


def test_more_than_can_be_followed() -> None:
    """There is an end to links that lead over others or a long way, each or all together, and to longer paths."""
    found = ends({f"a{number}": f"{'./' * 2000}b" for number in range(2000)})
    assert (found["a0"], found["a1999"]) == ("b", None)
    longer = ends({"a": f"a/{'b/' * 500}"})["a"]
    assert longer is None or len(longer) > 4096
    assert ends({f"a{number}": f"a{number + 1}" for number in range(39)})["a0"] == "a39"
    assert ends({f"a{number}": f"a{number + 1}" for number in range(50)})["a0"] is None
