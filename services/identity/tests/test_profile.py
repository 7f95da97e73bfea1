"""Profiles: five sections, written by their owner, read by those whom the owner allows."""

import asyncio
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest

from contracts.roles import ProfileType, StaffScope
from identity.member.domain import Member
from identity.profile.domain import CheckResult, ProfileCheck, Reader, Section, Visibility, shows
from identity.profile.personal import DATA
from identity.standing.domain import Standing

ENTRIES = {
    "missions": {
        "title": "Data platform",
        "client": "Banque Exemple",
        "description": "Kafka\nand Spark",
        "start": "2024-01",
        "end": "2024-12",
    },
    "skills": {"name": "Python", "level": "expert", "years": 12},
    "education": {"school": "École normale", "degree": "Mathématiques", "start": 1998, "end": 2002},
    "mobility": {"place": "Lyon", "country": "FR", "work_place": "hybrid", "radius_km": 30},
    "publications": {
        "title": "Notes on the engine",
        "publisher": "Taylor",
        "published_on": "2019-10-01",
        "url": "https://example.com/notes",
    },
}
ALLOWED = {
    (Visibility.MEMBERS, Reader.MEMBER),
    (Visibility.THIRD_PARTIES, Reader.MEMBER),
    (Visibility.THIRD_PARTIES, Reader.THIRD_PARTY),
}


async def ready(world, **changes):
    account = await world.activated(**changes)
    chosen = {"profile_type": "freelance"}
    assert (await world.client.put("/members/me/profile-type", json=chosen, headers=account.headers)).is_success
    return account


async def edit(world, account, section, visibility="members", entries=None, **headers):
    body = {"visibility": visibility, "entries": [ENTRIES[section]] if entries is None else entries}
    return await world.client.put(f"/members/me/profile/{section}", json=body, headers=account.headers | headers)


async def own(world, account):
    return (await world.client.get("/members/me/profile", headers=account.headers)).json()


async def publish(world, account):
    answer = await world.client.post("/members/me/public-link", headers=account.headers)
    assert answer.status_code == 201
    return answer.json()


async def as_member(world, account, viewer=None):
    viewer = viewer or await world.activated()
    return await world.client.get(f"/profiles/{account.id}", headers=viewer.headers)


async def as_third_party(world, link):
    return await world.client.get(f"/public-profiles/{link['slug']}")


class TestEditing:
    @pytest.mark.req("NW-01", "NW-02", "ID-54")
    @pytest.mark.parametrize("section", list(Section))
    async def test_each_section_keeps_what_its_owner_writes_and_changes_again(self, world, section):
        account = await ready(world)
        first = await edit(world, account, section)
        assert (first.status_code, first.headers["ETag"]) == (200, '"1"')
        kept = {part["section"]: part for part in (await own(world, account))["sections"]}
        assert set(kept) == set(Section)
        assert kept[section]["entries"] == [ENTRIES[section]]
        assert all(part["entries"] == [] for name, part in kept.items() if name != section)
        assert (await edit(world, account, section, entries=[])).json()["version"] == 2
        assert {part["section"]: part["entries"] for part in (await own(world, account))["sections"]}[section] == []

    @pytest.mark.req("ID-54")
    async def test_one_may_edit_at_any_time_even_before_choosing_a_profile_type(self, world):
        assert (await edit(world, await world.activated(), "skills")).status_code == 200

    async def test_a_version_read_before_another_edit_is_refused(self, world):
        account = await ready(world)
        assert (await edit(world, account, "skills", **{"If-Match": '"0"'})).status_code == 200
        late = await edit(world, account, "skills", entries=[], **{"If-Match": '"0"'})
        assert (late.status_code, late.json()["code"]) == (412, "version_conflict")
        assert (await edit(world, account, "skills", **{"If-Match": '"1"'})).status_code == 200

    async def test_of_two_first_edits_at_once_one_wins(self, world):
        account = await ready(world)
        both = await asyncio.gather(*(edit(world, account, "skills", **{"If-Match": '"0"'}) for _ in range(2)))
        assert sorted(answer.status_code for answer in both) == [200, 412]

    @pytest.mark.parametrize(
        ("section", "changes", "field"),
        [
            ("missions", {"title": ""}, "entries.0.title"),
            ("missions", {"start": "2024-13"}, "entries.0.start"),
            ("missions", {"end": "2023-12"}, "entries.0"),
            ("missions", {"description": "x" * 2001}, "entries.0.description"),
            ("missions", {"description": "\u202eevil"}, "entries.0.description"),
            ("skills", {"level": "guru"}, "entries.0.level"),
            ("skills", {"years": 61}, "entries.0.years"),
            ("education", {"end": 1997}, "entries.0"),
            ("mobility", {"country": "France"}, "entries.0.country"),
            ("publications", {"url": "javascript:alert(1)"}, "entries.0.url"),
            ("publications", {"url": "https://user@evil.example/"}, "entries.0.url"),
            ("publications", {"verified": True}, "entries.0.verified"),
        ],
    )
    async def test_a_wrong_entry_is_refused_by_field(self, world, section, changes, field):
        answer = await edit(world, await ready(world), section, entries=[ENTRIES[section] | changes])
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    @pytest.mark.parametrize(("section", "most"), [("missions", 50), ("skills", 100), ("education", 30)])
    async def test_a_section_holds_so_many_entries_and_no_more(self, world, section, most):
        account = await ready(world)
        assert (await edit(world, account, section, entries=[ENTRIES[section]] * most)).status_code == 200
        assert (await edit(world, account, section, entries=[ENTRIES[section]] * (most + 1))).status_code == 422

    @pytest.mark.req("NW-18")
    @pytest.mark.parametrize(
        "text",
        ["ada@example.com", "ada @ example.fr", "call +33 6 12 34 56 78", "06.12.34.56.78", "0033612345678"],
    )
    async def test_contact_data_has_no_place_in_it(self, world, text):
        answer = await edit(world, await ready(world), "skills", entries=[ENTRIES["skills"] | {"name": text}])
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "entries.0.name")

    @pytest.mark.parametrize(
        "text", ["ISO 27001:2022", "C++17 @ scale", "ISBN 978-2-07-036024-5", "1 000 000 000 rows"]
    )
    async def test_other_numbers_and_signs_have(self, world, text):
        answer = await edit(world, await ready(world), "skills", entries=[ENTRIES["skills"] | {"name": text}])
        assert answer.status_code == 200


class TestVisibility:
    @pytest.mark.parametrize(("visibility", "reader"), sorted(product(Visibility, Reader)))
    def test_the_table(self, visibility, reader):
        assert shows(visibility, reader) == ((visibility, reader) in ALLOWED)

    @pytest.mark.req("NW-07")
    @pytest.mark.parametrize(("section", "visibility"), sorted(product(Section, Visibility)))
    async def test_is_enforced_on_every_read(self, world, section, visibility):
        account = await ready(world)
        await edit(world, account, section, visibility)
        link = await publish(world, account)
        seen_by_member = (await as_member(world, account)).json()["sections"]
        seen_by_third_party = (await as_third_party(world, link)).json()["sections"]
        assert (section in seen_by_member) == ((visibility, Reader.MEMBER) in ALLOWED)
        assert (section in seen_by_third_party) == ((visibility, Reader.THIRD_PARTY) in ALLOWED)
        assert all(seen in ({}, {section: [ENTRIES[section]]}) for seen in (seen_by_member, seen_by_third_party))
        assert {p["section"]: p["visibility"] for p in (await own(world, account))["sections"]}[section] == visibility

    @pytest.mark.req("NW-07")
    async def test_a_section_is_for_members_unless_its_owner_says_otherwise(self, world):
        account = await ready(world)
        body = {"entries": [ENTRIES["skills"]]}
        answer = await world.client.put("/members/me/profile/skills", json=body, headers=account.headers)
        assert answer.json()["visibility"] == "members"

    @pytest.mark.req("NW-18")
    async def test_no_view_shows_the_address(self, world):
        account = await ready(world)
        for section in Section:
            await edit(world, account, section, "third_parties")
        link = await publish(world, account)
        shown = [await own(world, account), (await as_member(world, account)).json()]
        shown.append((await as_third_party(world, link)).json())
        assert not any(account.email in str(view) or "@" in str(view) for view in shown)
        assert all(not {"email", "phone"} & view.keys() for view in shown)


class TestPublicLink:
    async def test_is_off_until_the_member_turns_it_on_and_dead_once_off(self, world):
        account = await ready(world)
        assert (await own(world, account))["public_link"] is None
        link = await publish(world, account)
        assert (await own(world, account))["public_link"] == link["url"]
        answer = await as_third_party(world, link)
        assert (answer.status_code, answer.headers["X-Robots-Tag"]) == (200, "noindex")
        assert str(account.id) not in answer.text
        assert (await world.client.delete("/members/me/public-link", headers=account.headers)).status_code == 204
        gone = await as_third_party(world, link)
        assert (gone.status_code, gone.json()["code"]) == (404, "profile_not_found")

    async def test_a_new_one_ends_the_old(self, world):
        account = await ready(world)
        old, new = await publish(world, account), await publish(world, account)
        assert ((await as_third_party(world, old)).status_code, (await as_third_party(world, new)).status_code) == (
            404,
            200,
        )


@pytest.mark.req("NW-24")
class TestSanction:
    async def impose(self, world, account, sections):
        headers = world.h.headers(world.h.staff(StaffScope.LEGAL))
        body = {
            "type": "hide_profile",
            "sections": sections,
            "explanation": "Untrue.",
            "reason": "breach",
            "ground": "terms_breached",
        }
        answer = await world.client.post(f"/staff/members/{account.id}/sanctions", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return f"/staff/members/{account.id}/sanctions/{answer.json()['id']}/lifting", headers

    async def seen(self, world, account, link):
        answers = [await as_member(world, account), await as_third_party(world, link)]
        return [set(answer.json()["sections"]) if answer.is_success else answer.status_code for answer in answers]

    async def test_hides_sections_from_others_until_it_is_lifted(self, world):
        account = await ready(world)
        for section in Section:
            await edit(world, account, section, "third_parties")
        link = await publish(world, account)
        lifting, headers = await self.impose(world, account, ["skills", "missions"])
        assert await self.seen(world, account, link) == [{"education", "mobility", "publications"}] * 2
        mine = {part["section"]: part["hidden_by_sanction"] for part in (await own(world, account))["sections"]}
        assert {section for section, hidden in mine.items() if hidden} == {"skills", "missions"}
        assert (await edit(world, account, "skills", "third_parties")).json()["hidden_by_sanction"] is True
        await world.client.post(lifting, headers=headers)
        assert await self.seen(world, account, link) == [set(Section)] * 2

    async def test_of_every_section_hides_the_profile(self, world):
        account = await ready(world)
        link = await publish(world, account)
        await self.impose(world, account, list(Section))
        assert await self.seen(world, account, link) == [404, 404]
        assert (await own(world, account))["display_name"] == "Ada Lovelace"


class TestNobody:
    @pytest.mark.parametrize("standing", list(Standing))
    async def test_ended_accounts_have_no_profile(self, world, standing):
        account = await ready(world)
        link = await publish(world, account)
        async with world.h.tx() as tx:
            (await tx.get_one(Member, account.id)).standing = standing
        expected = 200 if standing in {Standing.ACTIVE, Standing.SUSPENDED} else 404
        assert (await as_member(world, account)).status_code == expected
        assert (await as_third_party(world, link)).status_code == expected

    async def test_nor_have_strangers_and_members_who_have_not_chosen_a_profile_type(self, world):
        viewer, unready = await world.activated(), await world.activated()
        assert (await as_member(world, unready, viewer)).status_code == 404
        answer = await world.client.get(f"/profiles/{uuid4()}", headers=viewer.headers)
        assert answer.json()["code"] == "profile_not_found"
        assert (await world.client.get("/public-profiles/nobody")).status_code == 404


class TestNames:
    @pytest.mark.parametrize("name", ["<script>alert(1)</script>", "O'Neil & Sons", '"><img src=x>'])
    async def test_markup_in_a_name_is_data(self, world, name):
        account = await ready(world, first_name=name)
        shown = await as_member(world, account)
        assert shown.headers["Content-Type"] == "application/json"
        assert shown.json()["display_name"] == f"{name} Lovelace"
        me = await world.client.get("/members/me", headers=account.headers)
        assert (me.headers["Content-Type"], me.json()["first_name"]) == ("application/json", name)


class TestChecks:
    def staff(self, world, *scopes):
        return world.h.headers(world.h.staff(*scopes))

    @pytest.mark.req("ID-56")
    @pytest.mark.parametrize("result", list(CheckResult))
    async def test_support_records_what_it_found_and_no_profile_shows_it(self, world, result):
        account = await ready(world)
        before = [await own(world, account), (await as_member(world, account)).json()]
        link = await publish(world, account)
        before.append((await as_third_party(world, link)).json())
        headers, body = self.staff(world, StaffScope.SUPPORT), {"result": result, "comment": "Diploma seen"}
        answer = await world.client.post(f"/members/{account.id}/profile-checks", json=body, headers=headers)
        assert (answer.status_code, answer.json()["result"]) == (201, result)
        listed = await world.client.get(f"/members/{account.id}/profile-checks", headers=headers)
        assert listed.json()["items"] == [answer.json()]
        after = [await own(world, account), (await as_member(world, account)).json()]
        after.append((await as_third_party(world, link)).json())
        assert after == [before[0] | {"public_link": link["url"]}, *before[1:]]
        assert not any(word in str(after).lower() for word in ("check", "verified", "diploma", "guarantee"))

    @pytest.mark.parametrize("scope", [scope for scope in StaffScope if scope != StaffScope.SUPPORT])
    async def test_nobody_else_records_or_reads_one(self, world, scope):
        account = await ready(world)
        path = f"/members/{account.id}/profile-checks"
        for headers in (self.staff(world, scope), account.headers):
            body = {"result": "consistent", "comment": "x"}
            assert (await world.client.post(path, json=body, headers=headers)).status_code == 403
            assert (await world.client.get(path, headers=headers)).status_code == 403

    async def test_a_stranger_cannot_be_checked(self, world):
        path, body = f"/members/{uuid4()}/profile-checks", {"result": "consistent", "comment": "x"}
        answer = await world.client.post(path, json=body, headers=self.staff(world, StaffScope.SUPPORT))
        assert answer.json()["code"] == "member_not_found"


@pytest.mark.req("ID-19")
class TestProfileType:
    @pytest.mark.parametrize(("first", "second"), sorted(product(ProfileType, ProfileType)))
    async def test_never_changes_once_chosen(self, world, first, second):
        account = await world.activated()
        path, headers = "/members/me/profile-type", account.headers
        assert (await world.client.put(path, json={"profile_type": first}, headers=headers)).status_code == 200
        again = await world.client.put(path, json={"profile_type": second}, headers=headers)
        assert (again.status_code, again.json()["code"]) == (403, "profile_type_immutable")
        assert (await own(world, account))["profile_type"] == first

    @pytest.mark.parametrize("scope", list(StaffScope))
    async def test_not_by_staff_either(self, world, scope):
        account = await ready(world)
        headers = world.h.headers(world.h.staff(scope))
        tried = await world.client.put(
            f"/members/{account.id}/profile-type", json={"profile_type": "client"}, headers=headers
        )
        assert tried.status_code == 404, "there is no such route for anybody"
        assert (await own(world, account))["profile_type"] == "freelance"

    async def test_one_operation_alone_takes_it(self, world):
        """Whatever operation comes later: a type that is taken elsewhere must not reach an account that has one."""
        described = world.h.app.openapi()
        schemas = described["components"]["schemas"]
        taking = {
            (method, path)
            for path, operations in described["paths"].items()
            for method, operation in operations.items()
            for body in [str(operation.get("requestBody", ""))]
            for name, schema in schemas.items()
            if f"/{name}'" in body and "profile_type" in schema.get("properties", {})
        }
        assert ("put", "/members/me/profile-type") in taking
        assert not {path for _, path in taking} - {"/members/me/profile-type"}

    async def test_signing_up_again_does_not_change_it(self, world):
        account = await ready(world)
        assert (await world.sign_up(account.email, profile_type="client")).status_code == 422
        assert (await world.sign_up(account.email)).status_code == 202
        assert (await own(world, account))["profile_type"] == "freelance"


class TestPersonalData:
    async def test_profile_and_checks_are_gathered_and_go_with_the_account(self, world):
        account, other = await ready(world), await ready(world)
        for one in (account, other):
            await edit(world, one, "skills")
            await publish(world, one)
            async with world.h.tx() as tx:
                tx.add(ProfileCheck.record(one.id, uuid4(), CheckResult.CONSISTENT, "seen", tx.now - timedelta(days=1)))
        async with world.h.tx() as tx:
            assert [len(await kind.gather(tx, account.id)) for kind in DATA] == [2, 1]
            for kind in DATA:
                await kind.erase(tx, account.id)
        async with world.h.tx() as tx:
            assert [len(await kind.gather(tx, account.id)) for kind in DATA] == [0, 0]
            assert [len(await kind.gather(tx, other.id)) for kind in DATA] == [2, 1]
