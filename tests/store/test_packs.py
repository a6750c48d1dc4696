"""The bytecode of a wheel stays beside it, is proven each time, and goes with it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_wheels.problems import Severity
from lambda_wheels.store import Pack, Store, StoredWheel, open_store
from lambda_wheels.store.layout import facts_of, pack_of, packs_of, said_by_name
from lambda_wheels.store.packs import read_pack
from tests.store.proven import add_one
from tests.store.test_open_store import read_only

VERSION = "3.13.0"
FILES = {"demo/__pycache__/b.cpython-313.pyc": b"second", "demo/__pycache__/ä.cpython-313.pyc": b"", "a": b"first"}


def contents(pack: Pack) -> dict[str, bytes]:
    """What is where the members are."""
    content = pack.path.read_bytes()
    return {member.name: content[member.offset : member.offset + member.size] for member in pack.members}


@pytest.fixture
def stored(store: Store, outside: Path) -> StoredWheel:
    """A wheel in the store."""
    return add_one(store, outside)


def test_there_and_back(store: Store, stored: StoredWheel) -> None:
    """What was kept is found, as members that are stored, with their size, CRC and hash."""
    assert store.find_bytecode(stored, VERSION) is None
    pack = store.add_bytecode(stored, VERSION, FILES)
    assert store.find_bytecode(stored, VERSION) == pack
    assert contents(pack) == FILES
    assert pack.path == stored.path.with_name(f"{stored.path.name}.cpython-3.13.0.bytecode")
    for member in pack.members:
        content = FILES[member.name]
        assert (member.method, member.executable) == (0, False)
        assert (member.size, member.compressed_size, member.crc) == (len(content), len(content), zlib.crc32(content))
        assert member.sha256 == hashlib.sha256(content).hexdigest()


def test_the_same_bytes(store: Store, stored: StoredWheel) -> None:
    """The order in which files come makes no difference."""
    before = store.add_bytecode(stored, VERSION, FILES).path.read_bytes()
    assert store.add_bytecode(stored, VERSION, dict(reversed(FILES.items()))).path.read_bytes() == before


def test_none_compiled(store: Store, stored: StoredWheel) -> None:
    """A wheel of which nothing compiles is remembered as well."""
    pack = store.add_bytecode(stored, VERSION, {})
    assert store.find_bytecode(stored, VERSION) == pack
    assert pack.members == ()


def test_by_version(store: Store, stored: StoredWheel) -> None:
    """Each version of an interpreter has its own; what is none has no place."""
    one, two = store.add_bytecode(stored, VERSION, FILES), store.add_bytecode(stored, "3.13.10", {})
    assert packs_of(stored.path) == [one.path, two.path]
    assert store.find_bytecode(stored, VERSION) == one
    assert said_by_name(two.path) == (stored.path, "3.13.10")
    assert said_by_name(facts_of(stored.path)) is None
    for version in ("3.13", "../3.13.0", "3.13.0rc1", "3.13.0\n", "٣.13.0", ""):
        with pytest.raises(ValueError, match="not the full version"):
            pack_of(stored.path, version)


DAMAGES = [
    pytest.param(lambda content: content[:-1] + b"?", id="last-byte"),
    pytest.param(lambda content: content.replace(b"first", b"FIRST"), id="middle"),
    pytest.param(lambda content: content[:40], id="in-the-header"),
    pytest.param(lambda content: content[:-1], id="truncated"),
    pytest.param(lambda content: b"", id="empty"),
    pytest.param(lambda content: b"x" * 1_000_000, id="other"),
    pytest.param(lambda content: content.replace(b" 1 ", b" 0 ", 1), id="other-format"),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged(
    damage: Callable[[bytes], bytes], store: Store, stored: StoredWheel, caplog: pytest.LogCaptureFixture
) -> None:
    """What is damaged is removed, said in the log, and as if it had never been there."""
    path = store.add_bytecode(stored, VERSION, FILES).path
    path.write_bytes(damage(path.read_bytes()))
    assert store.find_bytecode(stored, VERSION) is None
    assert not path.exists()
    assert "is damaged" in caplog.text
    assert stored.path.exists()


@pytest.mark.parametrize(
    "index",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"files":[]}',
        b'{"wheel":"SHA256","python":"3.13.0","files":[["a",1,2,"x"]]}',
        b'{"wheel":"SHA256","python":"3.13.0","files":[["a",4]]}',
        b'{"wheel":"SHA256","python":"3.13.1","files":[]}',
        *(
            b'{"wheel":"SHA256","python":"3.13.0","files":[%s]}' % rows.replace(b"HASH", b"0" * 64)
            for rows in (
                b"1",
                b'"abcd"',
                b'[1,4,0,"HASH"]',
                b'["a","4",0,"HASH"]',
                b'["a",4.0,0,"HASH"]',
                b'["a",4,-1,"HASH"]',
                b'["a",4,4294967296,"HASH"]',
                b'["a",4,true,"HASH"]',
                b'["a",4,0,null]',
                b'["a",4,0,"HASH0"]',
                b'["a",-1,0,"HASH"],["b",5,0,"HASH"]',
                b'["a",0,0,"HASH"],["a",4,0,"HASH"]',
                b'["b",0,0,"HASH"],["a",4,0,"HASH"]',
            )
        ),
    ],
)
def test_whole_but_wrong(index: bytes, store: Store, stored: StoredWheel) -> None:
    """A digest that is right does not make a pack of anything."""
    body = index.replace(b"SHA256", stored.wheel.sha256.encode()) + b"\nwhat"
    header = f"lambda-wheels bytecode 1 {hashlib.sha256(body).hexdigest()}\n".encode()
    path = pack_of(stored.path, VERSION)
    path.write_bytes(header + body)
    with pytest.raises(ValueError, match=r"."):
        read_pack(path, sha256=stored.wheel.sha256, version=VERSION)


def test_counted_and_cleared(store: Store, stored: StoredWheel) -> None:
    """Its bytes count, and it goes with its wheel, or when its wheel has gone."""
    before = store.info().size
    pack = store.add_bytecode(stored, VERSION, FILES)
    size = pack.path.stat().st_size
    assert (store.info().size, store.info().wheels) == (before + size, 1)
    assert store.clear().size == before + size
    assert not pack.path.parent.exists()
    orphan = store.add_bytecode(stored, VERSION, FILES)
    assert (store.clear().wheels, orphan.path.exists()) == (0, False)


@pytest.mark.parametrize("damage", DAMAGES)
def test_verified(damage: Callable[[bytes], bytes], store: Store, stored: StoredWheel) -> None:
    """Damaged bytecode is found and removed; what is whole has nothing to be said of it."""
    store.add_bytecode(stored, "3.12.1", FILES)
    path = store.add_bytecode(stored, VERSION, FILES).path
    assert list(store.verify()) == []
    path.write_bytes(damage(path.read_bytes()))
    [problem] = store.verify()
    assert (problem.rule, problem.severity, problem.wheel) == ("store-damaged", Severity.WARNING, path.name)
    assert problem.hint == "the next build compiles it again"
    assert packs_of(stored.path) == [pack_of(stored.path, "3.12.1")]
    assert list(store.verify()) == []


def test_verified_without_a_wheel(store: Store, stored: StoredWheel) -> None:
    """Bytecode whose wheel is gone, or that has another name, is removed without a word."""
    path = store.add_bytecode(stored, VERSION, FILES).path
    strange = path.with_name("strange.bytecode")
    strange.write_bytes(b"")
    stored.path.unlink()
    assert list(store.verify()) == []
    assert not path.exists() and not strange.exists()


def test_a_store_that_cannot_be_written(tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytecode of a wheel in a read-only store is kept for the run, and gone afterwards; what was there is used."""
    folder = tmp_path / "store"
    stored = add_one(Store(folder), outside)
    old = Store(folder).add_bytecode(stored, "3.12.1", FILES)
    read_only(monkeypatch, folder)
    with open_store(folder) as store:
        assert store.find_bytecode(stored, "3.12.1") == old
        pack = store.add_bytecode(stored, VERSION, FILES)
        assert store.find_bytecode(stored, VERSION) == pack
        assert not pack.path.is_relative_to(folder)
        assert [problem.rule for problem in store.problems] == ["store-not-writable"]
    assert not pack.path.exists()
    assert list(folder.rglob(f"*{VERSION}*")) == []
