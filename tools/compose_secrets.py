"""Make the secrets that docker compose asks for, once; an existing file is never touched."""

import json
import os
import secrets
import sys
from pathlib import Path

from joserfc.jwk import ECKey, KeySet

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(".maillon") / "compose"
PASSWORDS = (
    "POSTGRES_PASSWORD",
    "RABBITMQ_PASSWORD",
    "IDENTITY_DB_PASSWORD",
    "COMPANY_DB_PASSWORD",
    "MARKETPLACE_DB_PASSWORD",
    "CONTRACTING_DB_PASSWORD",
    "TIMESHEET_DB_PASSWORD",
    "BILLING_DB_PASSWORD",
    "MAILLON_LINK_SECRET",
)


def new_secrets(key: ECKey, jwks: Path) -> str:
    """Write the environment file: random passwords, the private key, where the public key set lies."""
    lines = [f"{name}={secrets.token_urlsafe(32)}" for name in PASSWORDS]
    lines.append(f"MAILLON_SIGNING_KEY='{json.dumps(key.as_dict(private=True), separators=(',', ':'))}'")
    lines.append(f"MAILLON_JWKS=./{jwks.as_posix()}")
    return "\n".join(lines) + "\n"


def write_once(path: Path, text: str, mode: int) -> None:
    """Create the file with its mode from the first byte on; fail when it exists."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def main(root: Path = ROOT) -> int:
    """Make the key pair and the passwords under `root`."""
    environment, jwks = FOLDER / "secrets.env", FOLDER / "jwks.json"
    if (root / environment).exists():
        print(f"{environment} exists and stays as it is")
        return 0
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    (root / jwks).unlink(missing_ok=True)
    write_once(root / jwks, json.dumps(KeySet([key]).as_dict(private=False), indent=2) + "\n", 0o644)
    write_once(root / environment, new_secrets(key, jwks), 0o600)
    print(f"docker compose --env-file {environment} up --build")
    return 0


if __name__ == "__main__":
    sys.exit(main())
