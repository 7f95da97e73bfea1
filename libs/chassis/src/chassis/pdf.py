"""What a PDF may hold that a reader of it never asked for; run as a process of its own (`chassis.apart`).

The answer to a file is empty when nothing is wrong with it, else the sentence that says what.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from io import BytesIO

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, EncodedStreamObject, IndirectObject, NameObject, PdfObject

from chassis.apart import answers_way, limit_process, serve

MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 8
MAX_INFLATED = 256 * 1024 * 1024
"""Bytes that all streams together may unfold to: several pages scanned in colour at 300 dpi."""
MAX_TRAILING = 1024
"""Bytes after the end mark; more is another file."""

_ATTACHED = frozenset({"/EmbeddedFiles", "/EF", "/EmbeddedFile", "/FileAttachment"})
_ACTIVE_KEYS = {"/JS", "/JavaScript", "/XFA", "/RichMedia"}
_ACTIVE_KINDS = {
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/RichMedia", "/Rendition", "/Movie", "/Sound",
}  # fmt: skip
_FLATE = {"/FlateDecode", "/Fl"}


class Unsafe(Exception):
    """Something in the file that is not taken, in a sentence."""


def inspect(content: bytes, *, attachments: bool = False) -> None:
    """Read all objects of a PDF, which may carry other files where said. Raises Unsafe, whatever else is wrong."""
    end = content.rfind(b"%%EOF")
    if end < 0 or len(content) - end > MAX_TRAILING:
        raise Unsafe("the PDF is cut off, or followed by another file")
    try:
        pdf = PdfReader(BytesIO(content))
        _unless(pdf.is_encrypted, "the PDF is encrypted")
        _unless(not pdf.pages, "the PDF has no page")
        unfolded = 0
        for thing in _objects(pdf):
            unfolded += _check(thing, MAX_INFLATED - unfolded, frozenset() if attachments else _ATTACHED)
    except (Unsafe, MemoryError):
        raise
    except Exception as damaged:  # a damaged file can make pypdf fail anywhere
        raise Unsafe("the PDF is damaged") from damaged


def _unless(found: bool, sentence: str) -> None:
    if found:
        raise Unsafe(sentence)


def _objects(pdf: PdfReader) -> Iterator[PdfObject]:
    """Every object that the file's tables name, and all that lies within each."""
    numbers = {number for table in pdf.xref.values() for number in table} | set(pdf.xref_objStm)
    generation = {number: table for table, numbers_in in pdf.xref.items() for number in numbers_in}
    waiting: list[PdfObject] = [pdf.trailer]
    for number in sorted(numbers):
        found = pdf.get_object(IndirectObject(number, generation.get(number, 0), pdf))
        if found is not None:
            waiting.append(found)
        while waiting:
            thing = waiting.pop()
            yield thing
            if isinstance(thing, DictionaryObject):
                waiting += [thing.raw_get(key) for key in thing]
            elif isinstance(thing, ArrayObject):
                waiting += list(thing)


def _check(thing: PdfObject, allowance: int, refused: frozenset[str]) -> int:
    """How many bytes a stream unfolds to. Raises Unsafe."""
    if not isinstance(thing, DictionaryObject):
        return 0
    kinds = {thing.raw_get(key) for key in ("/S", "/Type", "/Subtype") if key in thing}
    named = {str(kind) for kind in kinds if isinstance(kind, NameObject)}
    if (_ACTIVE_KEYS | refused) & set(thing) or named & (_ACTIVE_KINDS | refused):
        raise Unsafe("the PDF holds scripts, actions or other files")
    if not isinstance(thing, EncodedStreamObject):
        return 0
    filters = thing.get("/Filter")
    packed = [str(one) for one in filters] if isinstance(filters, ArrayObject) else [str(filters)]
    flates = sum(name in _FLATE for name in packed)
    if flates > 1 or (flates and packed[0] not in _FLATE):
        raise Unsafe("the PDF is packed more than once")
    return _unfolded(thing._data, allowance) if flates else 0  # noqa: SLF001 - as it lies in the file


def _unfolded(packed: bytes, allowance: int) -> int:
    """Count without keeping. Raises Unsafe beyond the allowance."""
    inflater, size, rest = zlib.decompressobj(), 0, packed
    while rest and not inflater.eof:
        try:
            size += len(inflater.decompress(rest, 65536))
        except zlib.error:
            return size  # a damaged picture harms nobody
        rest = inflater.unconsumed_tail
        if size > allowance:
            raise Unsafe("the PDF unfolds to too much data")
    return size


def answer(content: bytes) -> tuple[bytes, bool]:
    """The sentence for a file, and whether the process is still sound."""
    try:
        inspect(content)
    except Unsafe as wrong:
        return str(wrong).encode(), True
    except (MemoryError, RecursionError):
        return b"reading the PDF needs too much memory", False
    return b"", True


def main() -> int:
    """Answer files until there are no more."""
    limit_process(MEMORY)
    return serve(sys.stdin.buffer, answers_way(), answer, CPU_SECONDS)


if __name__ == "__main__":
    raise SystemExit(main())
