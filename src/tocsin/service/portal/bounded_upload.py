"""What is uploaded is kept in memory, and not read on once it is larger than any file that is
asked for."""

from __future__ import annotations

from io import BytesIO

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

MOST = 2 << 20
"""Bytes of all files of one request together."""


class BoundedUpload(FileUploadHandler):
    """Django's interface. Of too much, the request ends, and holds no file."""

    def __init__(self, request: object = None) -> None:
        super().__init__(request)  # type: ignore[arg-type] # handed on as it is
        self._read = 0
        self._file = BytesIO()

    def new_file(self, *args: object, **kwargs: object) -> None:
        """Another file begins."""
        super().new_file(*args, **kwargs)  # type: ignore[arg-type] # handed on as they are
        self._file = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:  # noqa: ARG002
        """A piece of the file."""
        self._read += len(raw_data)
        if self._read > MOST:
            raise StopUpload(connection_reset=True)
        self._file.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """The file is there."""
        self._file.seek(0)
        return InMemoryUploadedFile(
            file=self._file,
            field_name=self.field_name,
            name=self.file_name or "",
            content_type=self.content_type or "",
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
