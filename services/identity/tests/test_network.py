"""Where a request comes from."""

import pytest
from starlette.requests import Request

from identity.network import client_address, network_of


def request_from(host):
    return Request({"type": "http", "client": (host, 1) if host is not None else None, "headers": []})


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("not an address", "None"),
        ("", "None"),
        (None, "None"),
    ],
)
def test_each_address_belongs_to_one_place(host, network):
    assert network_of(client_address(request_from(host))) == network


async def test_what_is_no_address_stops_nobody(world):
    async with world.calling_from("somewhere") as client:
        body = {"email": world.new_address(), "password": "not the password"}
        assert (await client.post("/sessions", json=body)).status_code == 401
        sign_up = {"first_name": "A", "last_name": "L", "email": world.new_address(), "password": world.password}
        sign_up |= dict.fromkeys(["accept_terms", "accept_privacy", "is_adult", "is_professional"], True)
        assert (await client.post("/members", json=sign_up)).status_code == 202
