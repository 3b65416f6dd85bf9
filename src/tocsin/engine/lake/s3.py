"""Object stores that speak S3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pyarrow import fs

from tocsin.engine.lake.remote import RemoteStore
from tocsin.engine.lake.store import missing
from tocsin.model.errors import ConfigurationError, StoreUnreachable

_PIECE = 8 << 20
_OURS_TO_MEND = (
    "ACCESS_DENIED",
    "INVALID_ACCESS_KEY_ID",
    "INVALID_CLIENT_TOKEN_ID",
    "NO_SUCH_BUCKET",
    "SIGNATURE_DOES_NOT_MATCH",
    "UNRECOGNIZED_CLIENT",
)


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket, or a folder in one, and how to get in.

    `endpoint` is host or host:port, "" for Amazon's own; times are in seconds.
    """

    bucket: str
    folder: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    scheme: str = "https"
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    connect_seconds: float = 5.0
    request_seconds: float = 60.0
    attempts: int = 3


def s3_store(place: S3Place, cache_directory: Path) -> RemoteStore:
    """The lake in a bucket; copies of what was read are kept in `cache_directory`."""
    return RemoteStore(S3Remote(place), cache_directory)


@dataclass(frozen=True, slots=True)
class S3Remote:
    """A Remote. A small file is one PUT; the parts of a large one count once all are there."""

    place: S3Place

    def upload(self, local: Path, name: str) -> None:
        """See Remote."""
        key = self._key(name)
        with local.open("rb") as source, _in_our_words(name):
            target = _connected(self.place).open_output_stream(key)
            try:
                while piece := source.read(_PIECE):
                    target.write(piece)
            except BaseException:
                # Closing commits what was written until now, and nothing else ends an upload.
                target.close()
                self.remove(name)
                raise
            target.close()

    def download(self, name: str, local: Path) -> None:
        """See Remote."""
        with _in_our_words(name), local.open("wb") as target:
            source = _connected(self.place).open_input_stream(self._key(name))
            while piece := source.read(_PIECE):
                target.write(piece)

    def names(self, folder: str) -> tuple[str, ...]:
        """See Remote."""
        root = self._key("")
        selector = fs.FileSelector(
            self._key(folder).rstrip("/"), recursive=True, allow_not_found=True
        )
        with _in_our_words(folder):
            found = _connected(self.place).get_file_info(selector)
        return tuple(each.path.removeprefix(root) for each in found if each.is_file)

    def size(self, name: str) -> int:
        """See Remote."""
        with _in_our_words(name):
            info = _connected(self.place).get_file_info(self._key(name))
        if not info.is_file:
            raise missing(name)
        return int(info.size)

    def remove(self, name: str) -> None:
        """See Remote."""
        with _in_our_words(name):
            filesystem = _connected(self.place)
            if filesystem.get_file_info(self._key(name)).is_file:
                filesystem.delete_file(self._key(name))

    def _key(self, name: str) -> str:
        parts = (self.place.bucket, self.place.folder.strip("/"), name)
        return "/".join(part for part in parts[:2] if part) + "/" + parts[2]


@cache
def _connected(place: S3Place) -> fs.S3FileSystem:
    """One client per process and place; it keeps its connections open."""
    return fs.S3FileSystem(
        access_key=place.access_key or None,
        secret_key=place.secret_key or None,
        endpoint_override=place.endpoint or None,
        region=place.region,
        scheme=place.scheme,
        connect_timeout=place.connect_seconds,
        request_timeout=place.request_seconds,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=place.attempts),
        allow_delayed_open=True,  # what makes a small file one PUT
    )


@contextmanager
def _in_our_words(name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise missing(name) from error
    except OSError as error:
        if error.errno is not None:
            raise  # of our own disk; what the client tells has no number
        if any(word in str(error) for word in _OURS_TO_MEND):
            raise ConfigurationError(
                f"the object store turned us away: {error}",
                where=name,
                todo="check bucket, keys and rights in the configuration",
            ) from error
        raise StoreUnreachable(
            f"the object store did not do it: {error}",
            where=name,
            todo="run the same command again once the object store answers",
        ) from error
