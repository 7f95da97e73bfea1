"""The public key that verifies our access tokens."""

from fastapi import Response

from chassis.auth import PUBLIC
from chassis.http import Router, View
from identity.own import OwnDep

router = Router("keys")


class PublicKey(View):
    """A public P-256 key (RFC 7517)."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class PublicKeys(View):
    """A JSON Web Key Set."""

    keys: list[PublicKey]


@router.get("/.well-known/jwks.json", access=PUBLIC)
async def public_keys(response: Response, own: OwnDep) -> PublicKeys:
    """What others verify access tokens with."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return PublicKeys.model_validate(own.issuer.public_keys())
