import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

ROOT = Path(__file__).resolve().parents[2]


def run(root: Path) -> None:
    program = "import runpy, sys, pathlib; runpy.run_path(sys.argv[1])['main'](pathlib.Path(sys.argv[2]))"
    tool = ROOT / "tools" / "compose_secrets.py"
    subprocess.run([sys.executable, "-c", program, tool, root], check=True, capture_output=True)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    run(tmp_path)
    return tmp_path / ".maillon" / "compose"


def values(folder: Path) -> dict[str, str]:
    lines = (folder / "secrets.env").read_text().splitlines()
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}


def test_every_variable_compose_requires_has_a_value(made: Path) -> None:
    required = set(re.findall(r"\$\{([A-Z_]+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert set(values(made)) == required
    assert all(values(made).values())


def test_passwords_may_stand_inside_a_url(made: Path) -> None:
    passwords = [value for name, value in values(made).items() if name.endswith("PASSWORD")]
    assert len(set(passwords)) == len(passwords) == 8
    assert all(re.fullmatch(r"[\w-]{40,}", password, re.ASCII) for password in passwords)


def test_what_the_private_key_signs_the_public_set_verifies(made: Path) -> None:
    private = ECKey.import_key(json.loads(values(made)["MAILLON_SIGNING_KEY"]))
    published = json.loads((made / "jwks.json").read_text())
    token = jwt.encode({"alg": "ES256", "kid": private.kid}, {"sub": "member"}, private)
    assert jwt.decode(token, KeySet.import_key_set(published), algorithms=["ES256"]).claims == {"sub": "member"}
    assert all("d" not in key for key in published["keys"])


def test_the_secrets_are_for_their_owner_alone(made: Path) -> None:
    assert (made / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_a_second_run_changes_nothing(made: Path) -> None:
    before = [(path.name, path.read_bytes()) for path in sorted(made.iterdir())]
    run(made.parents[1])
    assert [(path.name, path.read_bytes()) for path in sorted(made.iterdir())] == before
