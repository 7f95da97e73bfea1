"""The sealing process: `python -m contracting.signing.process`, asked through a pipe (`chassis.apart`).

An order is a line of JSON with the keys, then the PDF; the answer is the sealed PDF, or why there is none.
"""

from __future__ import annotations

import asyncio
import json
import sys
from base64 import b64decode
from functools import cache
from io import BytesIO
from typing import Any

from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from pyhanko.keys.internal import translate_pyca_cryptography_cert_to_asn1, translate_pyca_cryptography_key_to_asn1
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps.aiohttp_client import HTTPTimeStamper
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from chassis.apart import answers_way, limit_process, serve

MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 15
FIELD = "PlatformSeal"


async def seal(order: dict[str, Any], content: bytes) -> bytes:
    """The PDF with a PAdES signature that allows no later change, and its time stamp."""
    manner = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        reason=order["reason"] or None,
    )
    stamper = _remote(order["timestamp_url"]) if order["timestamp_url"] else _own(**order["timestamper"])
    writer = IncrementalPdfFileWriter(BytesIO(content))
    sealed = await signers.async_sign_pdf(writer, manner, signer=_signer(**order["seal"]), timestamper=stamper)
    return bytes(sealed.getvalue())


# Kept from one order to the next: a new stamper would ask for a second stamp each time, to learn how long one is.


@cache
def _signer(pkcs12: str, password: str) -> signers.SimpleSigner:
    key = b64decode(pkcs12)
    signer: signers.SimpleSigner = signers.SimpleSigner.load_pkcs12_data(key, [], passphrase=password.encode())
    return signer


@cache
def _remote(url: str) -> HTTPTimeStamper:
    return HTTPTimeStamper(url)


@cache
def _own(pkcs12: str, password: str) -> DummyTimeStamper:
    held = load_pkcs12(b64decode(pkcs12), password.encode())
    if held.cert is None or held.key is None:
        raise ValueError("the time stamper has no key")
    chain = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    chain.register_multiple(
        [translate_pyca_cryptography_cert_to_asn1(one.certificate) for one in held.additional_certs]
    )
    return DummyTimeStamper(
        translate_pyca_cryptography_cert_to_asn1(held.cert.certificate),
        translate_pyca_cryptography_key_to_asn1(held.key),
        certs_to_embed=chain,
    )


def answer(message: bytes) -> tuple[bytes, bool]:
    """Seal one document; a refusal names the kind of failure alone, as its words may quote a key."""
    head, _, content = message.partition(b"\n")
    try:
        return asyncio.run(seal(json.loads(head), content)), True
    except Exception as failed:  # noqa: BLE001 - whatever it is, the service is told, and the next order is another
        return type(failed).__name__.encode(), True


def main() -> int:
    """Seal until there are no more orders."""
    limit_process(MEMORY)
    return serve(sys.stdin.buffer, answers_way(), answer, CPU_SECONDS)


if __name__ == "__main__":
    raise SystemExit(main())
