"""Rows that keep a file as a proof or a document of the platform's own."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column


class File(Protocol):
    """What is remembered of a stored file; `sha256` in hexadecimal, `size` in bytes."""

    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def media_type(self) -> str: ...  # noqa: D102
    @property
    def sha256(self) -> str: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102


class HoldsFile:
    """The columns of a row that keeps one file."""

    file_key: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]

    def attach(self, file: File) -> None:
        """Remember the file that was handed over."""
        self.file_key, self.file_name, self.media_type = file.key, file.name, file.media_type
        self.sha256, self.size = file.sha256, file.size
