"""Stores of the lake: a directory, a real S3 server on this machine, and one that lies."""

from __future__ import annotations

import errno
import os
import pickle
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import boto3
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from tocsin.engine.files import sha256_of
from tocsin.engine.lake.fake_store import Dials, FakeRemote
from tocsin.engine.lake.remote import RemoteStore
from tocsin.engine.lake.s3 import S3Place, s3_store
from tocsin.engine.lake.store import LocalStore, Store
from tocsin.model.errors import (
    ConfigurationError,
    RunError,
    StoreUnreachable,
    TerminalError,
    TransientError,
)

NAME = "records/2026-11-22/event4_sinkhole/0011.parquet"
BUCKET = "lake"


class Bucket(Protocol):
    """Of boto3's client, what the tests use to look at the server from the other side."""

    def create_bucket(self, *, Bucket: str) -> object: ...  # noqa: N803 - its words
    def list_multipart_uploads(self, *, Bucket: str) -> dict[str, object]: ...  # noqa: N803


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """host:port of an S3 server on this machine with an empty bucket."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    client_of(f"{host}:{port}").create_bucket(Bucket=BUCKET)
    yield f"{host}:{port}"
    moto.stop()


def client_of(endpoint: str) -> Bucket:
    client: Bucket = boto3.client(
        "s3",
        endpoint_url=f"http://{endpoint}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    return client


def place_at(endpoint: str, folder: str) -> S3Place:
    return S3Place(
        bucket=BUCKET,
        folder=folder,
        endpoint=endpoint,
        scheme="http",
        access_key="test",
        secret_key="test",
        connect_seconds=1,
        request_seconds=5,
        attempts=1,
    )


@pytest.fixture(params=["local", "s3", "fake"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Every kind of store, empty."""
    if request.param == "local":
        return LocalStore(tmp_path / "store")
    if request.param == "fake":
        return RemoteStore(FakeRemote(tmp_path / "remote"), tmp_path / "cache")
    endpoint = request.getfixturevalue("server")
    return s3_store(place_at(endpoint, tmp_path.name), tmp_path / "cache")


def local_file(tmp_path: Path, content: bytes = b"content") -> Path:
    path = tmp_path / "local"
    path.write_bytes(content)
    return path


def test_what_was_put_is_fetched_and_the_local_file_is_gone(store: Store, tmp_path: Path) -> None:
    local = local_file(tmp_path)
    checksum = sha256_of(local)
    store.put_file(local, NAME)
    assert not local.exists()
    assert store.fetch(NAME).read_bytes() == b"content"
    assert store.fetch(NAME, sha256=checksum).read_bytes() == b"content"
    assert store.size(NAME) == 7


def test_putting_the_same_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    for _ in range(2):
        store.put_file(local_file(tmp_path), NAME)
    assert store.names() == (NAME,)
    assert store.fetch(NAME).read_bytes() == b"content"


def test_an_empty_file_is_a_file(store: Store, tmp_path: Path) -> None:
    store.put_file(local_file(tmp_path, b""), NAME)
    assert (store.size(NAME), store.fetch(NAME).read_bytes()) == (0, b"")


def test_names_are_sorted_and_below_the_folder_only(store: Store, tmp_path: Path) -> None:
    for name in ("b/2", "b/1/x", "b0", "a", "b/1-y"):
        store.put_file(local_file(tmp_path), name)
    assert store.names() == ("a", "b/1-y", "b/1/x", "b/2", "b0")
    assert store.names("b") == ("b/1-y", "b/1/x", "b/2")
    assert store.names("nothing/here") == ()


def test_a_missing_file_is_said_to_be_missing(store: Store) -> None:
    for ask in (store.fetch, store.size):
        with pytest.raises(RunError, match=r"0011\.parquet: a file of the lake is missing"):
            ask(NAME)


def test_removing_is_done_once_or_more(store: Store, tmp_path: Path) -> None:
    store.put_file(local_file(tmp_path), NAME)
    store.fetch(NAME)
    for _ in range(2):
        store.remove(NAME)
    assert store.names() == ()
    with pytest.raises(RunError):
        store.fetch(NAME)


def test_other_bytes_than_expected_are_refused(store: Store, tmp_path: Path) -> None:
    store.put_file(local_file(tmp_path), NAME)
    with pytest.raises(StoreUnreachable, match="other bytes"):
        store.fetch(NAME, sha256="0" * 64)


def test_duckdb_and_arrow_read_what_was_fetched(store: Store, tmp_path: Path) -> None:
    table = pa.table({"n": list(range(1000))})
    pq.write_table(table, tmp_path / "local")
    store.put_file(tmp_path / "local", NAME)
    path = store.fetch(NAME)
    assert pq.read_table(path).equals(table)
    total = duckdb.execute("select sum(n) from read_parquet($path)", {"path": str(path)})
    assert total.fetchone() == (499_500,)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/",
        "./a",
        "a/.hidden",
        "a\\b",
        "a\x00b",
        "a\nb",
        "a\ud800",
        "x" * 256,
        "/".join(["x" * 200] * 6),
    ],
)
def test_a_name_that_leaves_the_store_is_refused(store: Store, tmp_path: Path, name: str) -> None:
    local = local_file(tmp_path)
    for act in (store.fetch, store.size, store.remove, lambda name: store.put_file(local, name)):
        with pytest.raises(TerminalError, match="no name for a file"):
            act(name)
    assert local.exists()


def test_a_store_can_be_sent_to_another_process(store: Store, tmp_path: Path) -> None:
    store.put_file(local_file(tmp_path), NAME)
    assert pickle.loads(pickle.dumps(store)).names() == (NAME,)


def test_several_threads_put_at_once(store: Store, tmp_path: Path) -> None:
    def put(number: int) -> None:
        local = tmp_path / f"local{number}"
        local.write_bytes(bytes(100))
        store.put_file(local, f"a/{number}")

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.names("a") == tuple(f"a/{number}" for number in range(8))


# --- a directory ----------------------------------------------------------------------------


def test_putting_within_a_device_is_renaming(tmp_path: Path) -> None:
    local = local_file(tmp_path)
    number = local.stat().st_ino
    store = LocalStore(tmp_path / "store")
    store.put_file(local, NAME)
    assert store.fetch(NAME).stat().st_ino == number


def test_putting_from_another_device_copies_and_then_renames(tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other device to put from")
    local = elsewhere / f"tocsin-test-{os.getpid()}"
    local.write_bytes(b"content")
    store = LocalStore(tmp_path / "store")
    store.put_file(local, NAME)
    assert store.fetch(NAME).read_bytes() == b"content"
    assert not local.exists()


def test_half_written_files_of_a_killed_process_have_no_name(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put_file(local_file(tmp_path), "a/whole")
    (tmp_path / "a" / ".half.123.tmp").write_bytes(b"ha")
    (tmp_path / ".folder").mkdir()
    (tmp_path / ".folder" / "x").touch()
    assert store.names() == ("a/whole",)


# --- S3 -------------------------------------------------------------------------------------


def test_a_large_file_goes_up_in_parts_and_comes_back_whole(server: str, tmp_path: Path) -> None:
    store = s3_store(place_at(server, "large"), tmp_path / "cache")
    local = local_file(tmp_path, os.urandom(1 << 20) * 23)
    checksum, size = sha256_of(local), local.stat().st_size
    store.put_file(local, NAME)
    assert store.size(NAME) == size
    assert sha256_of(store.fetch(NAME, sha256=checksum)) == checksum
    assert "Uploads" not in client_of(server).list_multipart_uploads(Bucket=BUCKET)


def test_folders_of_one_bucket_do_not_see_each_other(server: str, tmp_path: Path) -> None:
    one = s3_store(place_at(server, "one"), tmp_path / "cache1")
    other = s3_store(place_at(server, "one1"), tmp_path / "cache2")
    one.put_file(local_file(tmp_path), NAME)
    assert other.names() == ()


def test_a_wrong_bucket_is_ours_to_mend(server: str, tmp_path: Path) -> None:
    place = replace(place_at(server, ""), bucket="no-such-bucket")
    store = s3_store(place, tmp_path / "cache")
    with pytest.raises(ConfigurationError, match="check bucket"):
        store.put_file(local_file(tmp_path), NAME)
    assert (tmp_path / "local").exists()


def test_a_server_that_is_not_there_may_come_back(tmp_path: Path) -> None:
    store = s3_store(place_at("127.0.0.1:1", ""), tmp_path / "cache")
    local = local_file(tmp_path)
    for act in (
        lambda: store.put_file(local, NAME),
        lambda: store.fetch(NAME),
        lambda: store.names("a"),
        lambda: store.size(NAME),
        lambda: store.remove(NAME),
    ):
        with pytest.raises(TransientError, match="the object store did not do it"):
            act()
    assert local.exists()


def test_the_secret_is_not_shown(server: str) -> None:
    assert "secret" not in repr(replace(place_at(server, ""), secret_key="a-secret"))


# --- a store with dials ---------------------------------------------------------------------


@pytest.fixture
def remote(tmp_path: Path) -> FakeRemote:
    """A fake that behaves, so far."""
    return FakeRemote(tmp_path / "remote")


@pytest.fixture
def over(remote: FakeRemote, tmp_path: Path) -> RemoteStore:
    """A store on the fake, with one file in it."""
    store = RemoteStore(remote, tmp_path / "cache")
    store.put_file(local_file(tmp_path), NAME)
    return store


def test_a_refusal_passes(over: RemoteStore, remote: FakeRemote) -> None:
    remote.dials.refuse = 1
    with pytest.raises(StoreUnreachable):
        over.fetch(NAME)
    assert over.fetch(NAME).read_bytes() == b"content"


def test_a_dead_store_is_a_transient_error_and_loses_nothing(
    over: RemoteStore, remote: FakeRemote, tmp_path: Path
) -> None:
    remote.dials.dead = True
    local = local_file(tmp_path, b"more")
    with pytest.raises(TransientError):
        over.put_file(local, "a/b")
    assert local.read_bytes() == b"more"
    remote.dials.dead = False
    over.put_file(local, "a/b")
    assert over.names() == ("a/b", NAME)


def test_a_download_that_ends_early_is_not_kept(
    over: RemoteStore, remote: FakeRemote, tmp_path: Path
) -> None:
    remote.dials.lie = "cut"
    with pytest.raises(StoreUnreachable, match="fewer or more bytes"):
        over.fetch(NAME)
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []
    remote.dials.lie = ""
    assert over.fetch(NAME).read_bytes() == b"content"


def test_an_altered_download_is_found_out_and_fetched_anew(
    over: RemoteStore, remote: FakeRemote
) -> None:
    checksum = sha256_of(over.fetch(NAME))
    (over.cache / NAME).unlink()
    remote.dials.lie = "altered"
    with pytest.raises(StoreUnreachable, match="other bytes"):
        over.fetch(NAME, sha256=checksum)
    remote.dials.lie = ""
    assert over.fetch(NAME, sha256=checksum).read_bytes() == b"content"


def test_a_store_that_forgets_is_not_trusted_with_the_only_copy(
    over: RemoteStore, remote: FakeRemote, tmp_path: Path
) -> None:
    remote.dials.lie = "forgets"
    local = local_file(tmp_path)
    with pytest.raises(StoreUnreachable):
        over.put_file(local, "a/b")
    assert local.exists()


def test_a_slow_store_is_waited_for(tmp_path: Path) -> None:
    slept: list[float] = []
    remote = FakeRemote(tmp_path / "remote", Dials(seconds=30.0), sleep=slept.append)
    RemoteStore(remote, tmp_path / "cache").put_file(local_file(tmp_path), NAME)
    assert slept == [30.0] * len(remote.calls)


def test_what_was_fetched_before_is_not_fetched_again(
    over: RemoteStore, remote: FakeRemote
) -> None:
    for _ in range(3):
        over.fetch(NAME)
    assert [what for what, _ in remote.calls].count("download") == 1


def test_putting_is_one_upload(remote: FakeRemote, over: RemoteStore) -> None:
    assert remote.calls == [("upload", NAME), ("size", NAME)]


def test_errors_of_our_own_disk_are_not_blamed_on_the_store(server: str, tmp_path: Path) -> None:
    store = s3_store(place_at(server, "disk"), tmp_path / "cache")
    with pytest.raises(FileNotFoundError) as caught:
        store.put_file(tmp_path / "never-written", NAME)
    assert caught.value.errno == errno.ENOENT
