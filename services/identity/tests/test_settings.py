"""A start with a missing or weak secret is refused, by name and without showing it."""

import json

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey
from pydantic import ValidationError

from identity.settings import IdentitySettings


def jwk(key, *, private=True):
    return json.dumps(key.as_dict(private=private))


GOOD = {
    "MAILLON_SIGNING_KEY": jwk(ECKey.generate_key("P-256", {"kid": "k"}, private=True)),
    "MAILLON_LINK_SECRET": "0123456789abcdef0123456789abcdef",
    "MAILLON_SMTP_URL": "smtps://user:pass@mail.example:465",
    "MAILLON_MAIL_FROM": "mail@maillon.example",
}


@pytest.fixture
def environment(monkeypatch):
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_good_settings_are_taken(environment):
    assert IdentitySettings().operator_name == "Maillon"


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_a_missing_one_is_named(environment, missing):
    environment.delenv(missing)
    with pytest.raises(ValidationError, match=missing.removeprefix("MAILLON_").lower()):
        IdentitySettings()


@pytest.mark.parametrize(
    ("name", "weak"),
    [
        ("MAILLON_LINK_SECRET", "0123456789abcdef0123456789abcde"),
        ("MAILLON_LINK_SECRET", "abababababababababababababababababab"),
        ("MAILLON_SIGNING_KEY", "not json at all"),
        ("MAILLON_SIGNING_KEY", "[]"),
        pytest.param("MAILLON_SIGNING_KEY", jwk(ECKey.generate_key("P-256", {"kid": "k"}), private=False), id="public"),
        pytest.param("MAILLON_SIGNING_KEY", jwk(ECKey.generate_key("P-256")), id="nameless"),
        pytest.param("MAILLON_SIGNING_KEY", jwk(ECKey.generate_key("P-384", {"kid": "k"})), id="P-384"),
        pytest.param("MAILLON_SIGNING_KEY", jwk(RSAKey.generate_key(2048, {"kid": "k"})), id="RSA"),
        pytest.param("MAILLON_SIGNING_KEY", jwk(OctKey.generate_key(256, {"kid": "k"})), id="octets"),
        ("MAILLON_SMTP_URL", "mail.example:25"),
        ("MAILLON_MAIL_FROM", "nobody"),
        ("MAILLON_LOGIN_FAILURES_PER_ADDRESS", "9"),
        ("MAILLON_MAILS_PER_ADDRESS", "9"),
    ],
)
def test_a_weak_one_is_refused_and_not_shown(environment, name, weak):
    environment.setenv(name, weak)
    with pytest.raises(ValidationError) as refused:
        IdentitySettings()
    assert name.removeprefix("MAILLON_").lower() in str(refused.value)
    assert weak not in str(refused.value)
