"""The key pair with which identity signs access tokens, made once for this state directory."""

import json
import secrets
from pathlib import Path

from joserfc.jwk import ECKey

from stack.paths import State, write_private
from stack.remembered import Book, locked


def new_key() -> str:
    """A fresh private ES256 key as a JSON Web Key."""
    key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(8), "use": "sig", "alg": "ES256"}, private=True)
    return json.dumps(key.as_dict(private=True))


def signing_key(secrets_book: Book) -> str:
    """The private key, for identity alone."""
    return secrets_book.get("identity-signing-key", lambda _: new_key())


def public_keys_file(state: State, secrets_book: Book) -> Path:
    """A file with the public JSON Web Key Set that verifies identity's tokens."""
    path = state.keys / "jwks.json"
    key = ECKey.import_key(json.loads(signing_key(secrets_book)))
    wanted = json.dumps({"keys": [key.as_dict(private=False)]}, indent=2) + "\n"
    with locked(state.keys / ".lock"):
        if not path.exists() or path.read_text() != wanted:
            write_private(path, wanted)
    return path
