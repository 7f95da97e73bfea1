"""People: they sign up, prove their address, choose what they are, and sign in. Staff is made by an operator."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import sys

from stack.demo.client import Door, Json, Person, eventually
from stack.demo.postbox import Postbox
from stack.wiring import Platform

IDENTITY = "/api/identity"


def somebody(door: Door, first_name: str, last_name: str) -> Person:
    """A person who is not on the platform yet, with an address that nobody has used."""
    local = f"{first_name}.{last_name}".lower().replace(" ", "-")
    ascii_local = local.translate(str.maketrans("éèêëàâôöîïûüç", "eeeeaaooiiuuc"))
    return Person(door, first_name, last_name, f"{ascii_local}.{secrets.token_hex(3)}@example.org")


def sign_up(person: Person, postbox: Postbox, profile_type: str) -> None:
    """Become a member: sign up, follow the link of the e-mail, sign in, choose a profile (ID-10 to ID-18)."""
    body = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "password": person.password,
        "accept_terms": True,
        "accept_privacy": True,
        "is_adult": True,
        "is_professional": True,
    }
    person.door.ask("POST", f"{IDENTITY}/members", json=body)
    person.door.ask("POST", f"{IDENTITY}/activations", json={"token": postbox.token(person.email)})
    sign_in(person)
    person.id = person.get(f"{IDENTITY}/members/me")["id"]
    person.put(f"{IDENTITY}/members/me/profile-type", {"profile_type": profile_type})


def sign_in(person: Person) -> None:
    """Begin a session."""
    body = {"email": person.email, "password": person.password}
    _keep(person, person.door.ask("POST", f"{IDENTITY}/sessions", json=body))


def renew(person: Person) -> Json:
    """Exchange the tokens for fresh ones; give the claims of the new access token."""
    body = {"refresh_token": person.refresh_token}
    _keep(person, person.door.ask("POST", f"{IDENTITY}/sessions/refresh", json=body))
    return claims(person)


def sign_out(person: Person) -> None:
    """End the session; the access token is void within seconds."""
    person.ask("DELETE", f"{IDENTITY}/sessions/current")


def claims(person: Person) -> Json:
    """What the access token says, as anybody may read it."""
    payload = person.access_token.split(".")[1]
    content: Json = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return content


def wait_for_role(person: Person, company_id: str) -> None:
    """Renew the tokens until they say that the person acts for the company. Raises TooLate."""

    def acts() -> bool:
        return bool(renew(person).get("company", {}).get("id") == company_id)

    eventually(acts, f"{person.first_name}'s token for the company")


def hire_staff(door: Door, first_name: str, last_name: str, platform: Platform, *scopes: str) -> Person:
    """An account of the platform's own staff, made from the command line as an operator does."""
    person = somebody(door, first_name, last_name)
    command = [sys.executable, "-m", "identity.staff", "create", "--email", person.email]
    environment = {**platform.service_environment("identity"), "MAILLON_STAFF_PASSWORD": person.password}
    subprocess.run(
        [*command, "--name", person.name, "--scopes", ",".join(scopes)],
        env=environment,
        check=True,
        capture_output=True,
    )
    sign_in(person)
    person.id = claims(person)["sub"]
    return person


def _keep(person: Person, tokens: Json) -> None:
    person.access_token, person.refresh_token = tokens["access_token"], tokens["refresh_token"]
