"""Whether a sealed document is as it was sealed: by whom, when, and what was changed since.

Imported by the command alone: pyHanko is heavy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from cryptography import x509
from pyhanko.keys.internal import translate_pyca_cryptography_cert_to_asn1
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of a document; `at` is the time stamp's instant in UTC."""

    signer: str | None
    at: datetime | None
    stamped_by: str | None
    wrong: tuple[str, ...]
    """Everything that speaks against it, a sentence each."""

    @property
    def whole(self) -> bool:
        """Sealed by a trusted key, stamped by a trusted clock, and every byte as it was."""
        return not self.wrong


async def verify(content: bytes, trusted: bytes) -> Verdict:
    """Look at a document's seal, trusting these certificates (PEM). Never raises for what the document holds."""
    try:
        seals = PdfFileReader(BytesIO(content)).embedded_regular_signatures
        if not seals:
            return Verdict(None, None, None, ("it bears no seal",))
        status = await async_validate_pdf_signature(seals[0], _trusting(trusted), _trusting(trusted))
        wrong = (*_about_seal(status), *_about_time(status), *_changes(seals[0], content, status))
    except Exception as unreadable:  # noqa: BLE001 - a damaged file can make the library fail anywhere
        return Verdict(None, None, None, (f"its structure is damaged ({type(unreadable).__name__})",))
    stamp = status.timestamp_validity
    return Verdict(
        signer=status.signing_cert.subject.native.get("common_name"),
        at=stamp.timestamp if stamp else None,
        stamped_by=stamp.signing_cert.subject.native.get("common_name") if stamp else None,
        wrong=wrong,
    )


def _trusting(trusted: bytes) -> ValidationContext:
    """Revocation is not asked for: a document is verified without a network."""
    known = [translate_pyca_cryptography_cert_to_asn1(one) for one in x509.load_pem_x509_certificates(trusted)]
    return ValidationContext(trust_roots=known, allow_fetching=False, revocation_mode="soft-fail")


def _about_seal(status: PdfSignatureStatus) -> list[str]:
    found = {
        "the sealed bytes were changed": not status.intact,
        "the seal's signature is not that of its certificate": status.intact and not status.valid,
        "the seal's certificate is not trusted": not status.trusted,
    }
    return [sentence for sentence, applies in found.items() if applies]


def _about_time(status: PdfSignatureStatus) -> list[str]:
    stamp = status.timestamp_validity
    if stamp is None:
        return ["it bears no time stamp"]
    found = {
        "the time stamp is not of this seal": not (stamp.intact and stamp.valid),
        "the time stamp's authority is not trusted": not stamp.trusted,
    }
    return [sentence for sentence, applies in found.items() if applies]


def _changes(seal: EmbeddedPdfSignature, content: bytes, status: PdfSignatureStatus) -> list[str]:
    """What comes after the sealed bytes, page by page where pages can be compared."""
    start, length, rest, tail = seal.byte_range
    sealed_until = rest + tail
    gap = content[start + length : rest]
    whole_hole = gap[:1] == b"<" and gap[-1:] == b">"
    wrong = [] if start == 0 and whole_hole else ["the seal leaves out bytes of the document"]
    if len(content) > sealed_until:
        wrong.append(f"{len(content) - sealed_until} bytes were added after the seal")
        wrong += _pages_changed(content[:sealed_until], content)
    if not wrong and status.intact and not status.bottom_line and status.trusted:
        wrong.append("it was changed after the seal")
    return wrong


def _pages_changed(before: bytes, after: bytes) -> list[str]:
    """Pages whose content differs between the sealed document and the one at hand."""
    old, new = _pages(before), _pages(after)
    changed = [
        f"page {n} was replaced" for n, (one, other) in enumerate(zip(old, new, strict=False), 1) if one != other
    ]
    if len(old) != len(new):
        changed.append(f"it had {len(old)} pages and has {len(new)}")
    return changed


def _pages(content: bytes) -> list[bytes]:
    pdf = PdfFileReader(BytesIO(content))
    count = int(pdf.root["/Pages"]["/Count"])
    places = [pdf.find_page_for_modification(n)[0] for n in range(count)]  # type: ignore[no-untyped-call]
    return [_drawn(place.get_object()["/Contents"]) for place in places]


def _drawn(contents: Any) -> bytes:
    """What is drawn on a page: one stream, or several in a row."""
    parts = [one.get_object() for one in contents] if isinstance(contents, list) else [contents]
    return b"".join(part.data for part in parts)
