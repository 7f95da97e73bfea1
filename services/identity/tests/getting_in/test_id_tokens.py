"""A provider that a test makes say anything: which id_tokens are believed, and what its failures become."""

import json
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from identity.own import own_of
from identity.social.configuration import OidcProvider
from identity.social.provider import LEEWAY, Provider


class FakeProvider:
    """A provider whose every answer a test decides; it speaks HTTP as a real one."""

    def __init__(self):
        self.key = ECKey.generate_key("P-256", {"kid": "one"})
        self.published, self.broken, self.asked = self.key, None, []
        self.id_token = ""
        self.issuer = None
        self.pkce = True
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer()

            def do_POST(self):
                self.answer()

            def answer(self):
                length = int(self.headers.get("content-length", 0))
                fake.asked.append((self.path, parse_qs(self.rfile.read(length).decode()), dict(self.headers)))
                status, body = fake.answer_to(self.path)
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def answer_to(self, path):
        if self.broken and path.startswith(self.broken[0]):
            return self.broken[1]
        if path.startswith("/.well-known"):
            said = {
                "issuer": self.issuer or self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
            }
            if self.pkce:
                said["code_challenge_methods_supported"] = ["S256"]
            return 200, json.dumps(said)
        if path == "/jwks":
            return 200, json.dumps(KeySet([self.published]).as_dict(private=False))
        return 200, json.dumps(
            {"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": self.id_token}
        )

    def sign(self, now, *, key=None, header=None, **changes):
        said = {
            "iss": self.url,
            "aud": "maillon",
            "sub": f"s{uuid4().hex}",
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + 300,
        } | changes
        said = {name: value for name, value in said.items() if value is not ...}
        key = key or self.key
        self.id_token = jwt.encode(header or {"alg": "ES256", "kid": key.kid}, said, key, algorithms=["ES256", "HS256"])


@pytest.fixture
def fake(steps):
    """A provider named `fake`, for the time of a test."""
    made = FakeProvider()
    configured = OidcProvider(
        name="fake",
        title="Fake",
        discovery_url=f"{made.url}/.well-known/openid-configuration",
        client_id="maillon",
        client_secret="a secret",
        nonce=False,
    )
    providers = own_of(steps.h.platform).providers
    providers["fake"] = Provider(configured, "https://maillon.example/oidc/fake/callback")
    yield made
    del providers["fake"]
    made.server.shutdown()
    made.server.server_close()


class TestIdToken:
    async def answer(self, steps, fake, **signing):
        url = await steps.set_out("log_in", "fake")
        if not fake.id_token:
            fake.sign(steps.h.clock(), **signing)
        state = parse_qs(urlsplit(url).query)["state"][0]
        return await steps.post("/oidc/fake/sessions", state=state, code="c")

    async def test_of_the_provider_is_believed(self, steps, fake):
        assert steps.code(await self.answer(steps, fake)) == (404, "identity_not_linked")

    @pytest.mark.parametrize(
        "changes",
        [
            {"iss": "https://another.example"},
            {"aud": "another client"},
            {"aud": ["maillon", "another"], "azp": "another"},
            {"iss": ...},
            {"aud": ...},
            {"exp": ...},
            {"sub": ...},
            {"sub": ""},
            {"sub": 7},
            {"sub": "s" * 256},
            {"nonce": "not ours"},
            {"nonce": 7},
        ],
        ids=str,
    )
    async def test_with_wrong_claims_is_not(self, steps, fake, changes):
        assert steps.code(await self.answer(steps, fake, **changes)) == (422, "identity_not_proven")

    @pytest.mark.parametrize(("ago", "expected"), [(LEEWAY - 5, 404), (LEEWAY + 5, 422)])
    async def test_holds_until_it_expires(self, steps, fake, ago, expected):
        expired = int((steps.h.clock() - timedelta(seconds=ago)).timestamp())
        assert (await self.answer(steps, fake, exp=expired)).status_code == expected

    async def test_signed_with_another_key_is_not(self, steps, fake):
        stranger = ECKey.generate_key("P-256", {"kid": "one"})
        assert steps.code(await self.answer(steps, fake, key=stranger)) == (422, "identity_not_proven")

    async def test_signed_with_our_own_secret_or_not_at_all_is_not(self, steps, fake):
        await self.answer(steps, fake)
        fake.sign(
            steps.h.clock(),
            key=OctKey.import_key("a secret that is long enough"),
            header={"alg": "HS256", "kid": "one"},
        )
        assert steps.code(await self.answer(steps, fake)) == (422, "identity_not_proven")
        fake.id_token = "eyJhbGciOiJub25lIn0." + fake.id_token.split(".")[1] + "."
        assert steps.code(await self.answer(steps, fake)) == (422, "identity_not_proven")

    async def test_of_a_key_that_is_new_is_believed_once_the_keys_are_read_again(self, steps, fake, monkeypatch):
        assert steps.code(await self.answer(steps, fake)) == (404, "identity_not_linked")
        fake.key = fake.published = ECKey.generate_key("P-256", {"kid": "two"})
        fake.id_token = ""
        assert steps.code(await self.answer(steps, fake)) == (422, "identity_not_proven")
        monkeypatch.setattr("identity.social.provider.REFETCH_EVERY", 0.0)
        assert steps.code(await self.answer(steps, fake)) == (404, "identity_not_linked")
        assert len([path for path, *_ in fake.asked if path == "/jwks"]) == 2

    async def test_is_got_with_the_verifier_that_was_promised_and_the_secret_in_the_form(self, steps, fake):
        url = await steps.set_out("log_in", "fake")
        asked = parse_qs(urlsplit(url).query)
        fake.sign(steps.h.clock())
        await steps.post("/oidc/fake/sessions", state=asked["state"][0], code="c")
        (form,) = [form for path, form, _ in fake.asked if path == "/token"]
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        assert asked["code_challenge_method"] == ["S256"]
        assert create_s256_code_challenge(form["code_verifier"][0]) == asked["code_challenge"][0]
        assert (form["client_id"], form["client_secret"]) == (["maillon"], ["a secret"])

    async def test_works_with_a_provider_that_knows_no_pkce(self, steps, fake):
        fake.pkce = False
        assert "code_challenge" not in await steps.set_out("log_in", "fake")
        assert steps.code(await self.answer(steps, fake)) == (404, "identity_not_linked")


class TestFailingProvider:
    @pytest.mark.parametrize(
        "broken",
        [
            ("/token", (500, "oops")),
            ("/token", (200, "not json")),
            ("/token", (401, '{"error": "invalid_client"}')),
            ("/token", (200, "[]")),
            ("/jwks", (502, "")),
            ("/jwks", (200, "{}")),
            ("/jwks", (200, '{"keys": [{"kty": "odd"}]}')),
            ("/.well-known", (404, "")),
            ("/.well-known", (200, "[]")),
            ("/.well-known", (200, '{"issuer": "https://another.example"}')),
        ],
        ids=str,
    )
    async def test_is_a_passing_failure_and_never_ours(self, steps, fake, broken):
        state = "x"
        if broken[0] != "/.well-known":
            state = parse_qs(urlsplit(await steps.set_out("log_in", "fake")).query)["state"][0]
        fake.broken = broken
        fake.sign(steps.h.clock())
        if state == "x":
            answer = await steps.post("/oidc/fake/authorizations", purpose="log_in")
        else:
            answer = await steps.post("/oidc/fake/sessions", state=state, code="c")
        assert steps.code(answer) == (503, "temporarily_unavailable")

    async def test_a_code_that_it_does_not_take_is_refused(self, steps, fake):
        state = parse_qs(urlsplit(await steps.set_out("log_in", "fake")).query)["state"][0]
        fake.broken = ("/token", (400, '{"error": "invalid_grant"}'))
        answer = await steps.post("/oidc/fake/sessions", state=state, code="c")
        assert steps.code(answer) == (422, "authorization_invalid")

    async def test_its_endpoints_need_tls_too(self, steps, fake):
        fake.broken = (
            "/.well-known",
            (200, json.dumps({"issuer": fake.url, "authorization_endpoint": "http://login.example/a"})),
        )
        answer = await steps.post("/oidc/fake/authorizations", purpose="log_in")
        assert steps.code(answer) == (503, "temporarily_unavailable")
