import asyncio

import pytest
from cozepy import AsyncCoze, AsyncTokenAuth
from cozepy.enterprises.members import EnterpriseMember, EnterpriseMemberRole

from harness import GARBAGE_IDS, UNKNOWN_ID, refused
from test_users_workspaces import Person

ADMIN, MEMBER = EnterpriseMemberRole.ENTERPRISE_ADMIN, EnterpriseMemberRole.ENTERPRISE_MEMBER


class Enterprise:
    """An enterprise with a super admin, an admin and a member."""

    def __init__(self, server):
        self.chief, self.admin, self.member = Person(server, "chief"), Person(server, "admin"), Person(server, "member")
        made = self.chief.api.post("/buckle/v1/enterprises", {"name": "Works"}).ok()
        self.id = made.data["enterprise_id"]
        self.hire(self.admin, ADMIN)
        self.hire(self.member)
        detail = self.chief.api.get(f"/buckle/v1/enterprises/{self.id}").ok().data
        self.organization = detail["organizations"][0]["organization_id"]
        self.members = f"/v1/enterprises/{self.id}/members"
        self.organizations = f"/v1/enterprises/{self.id}/organizations"

    def hire(self, person, role=MEMBER, by=None):
        users = [EnterpriseMember(user_id=person.id, role=role)]
        (by or self.chief).coze.enterprises.members.create(enterprise_id=self.id, users=users)

    def roles(self) -> dict:
        items = self.chief.api.get(f"/buckle/v1/enterprises/{self.id}/members", page_size=50).ok().data["items"]
        return {item["user_id"]: item["role"] for item in items}

    def people(self, organization=None) -> dict:
        path = f"/v1/organizations/{organization or self.organization}/members"
        items = self.chief.api.get(path, page_size=50).ok().data["items"]
        return {item["user_id"]: item["organization_role_type"] for item in items}

    def make_organization(self, super_admin, **fields) -> str:
        body = {"name": "Lab", "super_admin_user_id": super_admin.id, **fields}
        return self.admin.api.post(self.organizations, body).ok().data["organization_id"]

    def join(self, organization, person, role="organization_member", by=None):
        people = [{"user_id": person.id, "organization_role_type": role}]
        return (by or self.chief).api.post(
            f"/v1/organizations/{organization}/members", {"organization_people": people}
        )

    def leave(self, organization, person, receiver, by=None):
        return (by or self.chief).delete(
            f"/v1/organizations/{organization}/members/{person.id}", {"receiver_user_id": receiver.id}
        )


@pytest.fixture
def works(server) -> Enterprise:
    return Enterprise(server)


@pytest.fixture(scope="module")
def outsider(server) -> Person:
    return Person(server, "outsider")


class TestEnterpriseMembers:
    def test_the_sdk_adds_changes_and_removes(self, server, works):
        members, fresh = works.admin.coze.enterprises.members, Person(server, "fresh")
        works.hire(fresh, by=works.admin)
        assert works.roles()[fresh.id] == "enterprise_member"
        assert works.people()[fresh.id] == "organization_member"
        members.update(enterprise_id=works.id, user_id=fresh.id, role=ADMIN)
        assert works.roles()[fresh.id] == "enterprise_admin"
        with refused(4000):
            members.delete(enterprise_id=works.id, user_id=fresh.id, receiver_user_id=works.admin.id)
        works.leave(works.organization, fresh, receiver=works.chief).ok()
        members.delete(enterprise_id=works.id, user_id=fresh.id, receiver_user_id=works.admin.id)
        assert fresh.id not in works.roles()
        assert fresh.api.get("/buckle/v1/enterprises").ok().data["items"] == []

    def test_the_asynchronous_client_adds_and_changes(self, server, works):
        fresh = Person(server, "fresh")
        members = AsyncCoze(auth=AsyncTokenAuth(works.admin.token), base_url=server.url).enterprises.members

        async def run():
            users = [EnterpriseMember(user_id=fresh.id, role=MEMBER)]
            await members.create(enterprise_id=works.id, users=users)
            await members.update(enterprise_id=works.id, user_id=fresh.id, role=ADMIN)

        asyncio.run(run())
        assert works.roles()[fresh.id] == "enterprise_admin"

    def test_replies_have_no_data(self, server, works):
        fresh = Person(server, "fresh")
        users = {"users": [{"user_id": fresh.id, "role": "enterprise_member"}]}
        assert "data" not in works.chief.api.post(works.members, users).ok().body
        body = {"role": "enterprise_admin"}
        assert "data" not in works.chief.api.put(f"{works.members}/{fresh.id}", body).ok().body

    def test_a_member_is_not_added_twice(self, works):
        before = works.roles()
        with refused(4201):
            works.hire(works.member)
        assert works.roles() == before

    def test_only_admins_manage_and_strangers_see_nothing(self, works, outsider):
        before = works.roles()
        for person, code in ((works.member, 4101), (outsider, 4200)):
            with refused(code):
                works.hire(outsider, by=person)
            members = person.coze.enterprises.members
            with refused(code):
                members.update(enterprise_id=works.id, user_id=works.member.id, role=ADMIN)
            with refused(code):
                members.delete(enterprise_id=works.id, user_id=works.admin.id, receiver_user_id=works.chief.id)
            person.api.get(works.organizations).refused(code)
            body = {"name": "Lab", "super_admin_user_id": works.member.id}
            person.api.post(works.organizations, body).refused(code)
        assert works.roles() == before
        mine = outsider.api.get(f"/buckle/v1/enterprises/{works.id}").refused(4200)
        unknown = outsider.api.get(f"/buckle/v1/enterprises/{UNKNOWN_ID}").refused(4200)
        assert mine.msg.replace(works.id, "") == unknown.msg.replace(UNKNOWN_ID, "")

    @pytest.mark.parametrize(
        "users",
        [
            [], None, "x", [{"user_id": UNKNOWN_ID}], [{"role": "enterprise_member"}],
            [{"user_id": UNKNOWN_ID, "role": "enterprise_super_admin"}],
            [{"user_id": UNKNOWN_ID, "role": "enterprise_member"}] * 2, [{"user_id": 7, "role": "enterprise_member"}],
        ],
    )
    def test_users_must_be_one(self, works, users):
        works.chief.api.post(works.members, {"users": users}).refused(4000)

    def test_a_user_who_does_not_exist_is_unknown(self, works):
        users = {"users": [{"user_id": UNKNOWN_ID, "role": "enterprise_member"}]}
        works.chief.api.post(works.members, users).refused(4200)

    def test_the_super_admin_stays_until_handing_over(self, works):
        path = f"{works.members}/{works.chief.id}"
        works.admin.api.put(path, {"role": "enterprise_member"}).refused(4000)
        works.admin.delete(path, {"receiver_user_id": works.admin.id}).refused(4000)
        body = {"user_id": works.admin.id}
        works.admin.api.post(f"/buckle/v1/enterprises/{works.id}/super_admin", body).refused(4101)
        works.chief.api.post(f"/buckle/v1/enterprises/{works.id}/super_admin", body).ok()
        assert works.roles()[works.admin.id] == "enterprise_super_admin"
        assert works.roles()[works.chief.id] == "enterprise_admin"

    @pytest.mark.parametrize("id", GARBAGE_IDS)
    def test_an_id_that_is_none_is_refused(self, outsider, id):
        users = {"users": [{"user_id": outsider.id, "role": "enterprise_member"}]}
        outsider.api.post(f"/v1/enterprises/{id}/members", users).refused(4000)
        outsider.api.put(f"/v1/organizations/{id}", {"name": "a"}).refused(4000)

    def test_an_enterprise_with_workspaces_is_not_deleted(self, works):
        team = works.member.make_team(coze_account_id=works.organization)
        path = f"/buckle/v1/enterprises/{works.id}"
        works.admin.api.delete(path).refused(4101)
        works.chief.api.delete(path).refused(4000)
        works.member.api.delete(f"/buckle/v1/workspaces/{team}").ok()
        works.chief.api.delete(path).ok()
        works.chief.api.get(path).refused(4200)


class TestOrganizations:
    def test_organizations_are_made_listed_and_changed(self, works):
        lab = works.make_organization(works.member, description="What we try")
        data = works.admin.api.get(works.organizations).ok().data
        assert data["total_count"] == 2
        default, made = data["items"]
        assert default["organization_id"] == works.organization and default["is_default_organization"] is True
        assert made["organization_id"] == lab and made["is_default_organization"] is False
        assert made["organization_name"] == "Lab" and isinstance(made["organization_icon_url"], str)
        reply = works.member.api.put(f"/v1/organizations/{lab}", {"name": "Studio", "description": ""}).ok()
        assert "data" not in reply.body
        page = works.admin.api.get(works.organizations, page_num=2, page_size=1).ok().data
        assert [item["organization_name"] for item in page["items"]] == ["Studio"]
        assert works.admin.api.get(works.organizations, page_num=3, page_size=1).ok().data["items"] == []
        works.admin.api.get(works.organizations, page_size=21).refused(4000)

    @pytest.mark.parametrize(
        "change",
        [
            {"name": ""}, {"name": " "}, {"name": "n" * 31}, {"description": "d" * 101},
            {"super_admin_user_id": UNKNOWN_ID}, {"super_admin_user_id": None}, {"name": None},
        ],
    )
    def test_a_body_out_of_its_limits_makes_nothing(self, works, change):
        body = {"name": "Lab", "super_admin_user_id": works.member.id, **change}
        works.admin.api.post(works.organizations, body).refused(4000)
        assert works.admin.api.get(works.organizations).ok().data["total_count"] == 1

    def test_the_twenty_first_is_refused(self, works):
        for _ in range(19):
            works.make_organization(works.member)
        body = {"name": "Lab", "super_admin_user_id": works.member.id}
        works.admin.api.post(works.organizations, body).refused(4000)
        assert works.admin.api.get(works.organizations).ok().data["total_count"] == 20

    def test_members_join_change_and_leave(self, works, outsider):
        lab = works.make_organization(works.member)
        path = f"/v1/organizations/{lab}/members"
        works.join(lab, works.admin, by=works.member).ok()
        works.join(lab, works.admin).refused(4201)
        works.join(lab, outsider).refused(4200)
        works.join(lab, works.chief, "organization_guest").refused(4000)
        data = works.member.api.get(path).ok().data
        assert data["total_count"] == 2
        (item,) = [item for item in data["items"] if item["user_id"] == works.admin.id]
        assert item["is_valid"] is True and item["people_type"] == "employee"
        assert isinstance(item["created_at"], int) and isinstance(item["avatar_url"], str)
        assert item["user_unique_name"] == works.admin.name and item["user_nickname"] == "Admin"

        role = {"organization_role_type": "organization_admin"}
        works.member.api.put(f"{path}/{works.admin.id}", role).ok()
        assert works.people(lab)[works.admin.id] == "organization_admin"
        chief = {"organization_role_type": "organization_super_admin"}
        works.admin.api.put(f"{path}/{works.admin.id}", chief).refused(4101)
        works.member.api.put(f"{path}/{works.member.id}", role).refused(777074044)
        works.leave(lab, works.member, works.admin, by=works.member).refused(777074044)
        works.leave(lab, works.admin, works.admin, by=works.member).refused(4000)
        works.leave(lab, works.admin, outsider, by=works.member).refused(4000)
        for action in (works.join(lab, works.chief, by=outsider), outsider.api.get(path)):
            action.refused(4200)
        works.leave(lab, works.admin, works.member, by=works.member).ok()
        assert works.people(lab) == {works.member.id: "organization_super_admin"}

    def test_guests_are_guests_everywhere(self, works, server):
        guest = Person(server, "guest")
        works.admin.api.post(f"/buckle/v1/enterprises/{works.id}/guests", {"user_id": guest.id}).ok()
        assert guest.id not in works.people()
        works.join(works.organization, guest).refused(4000)
        works.join(works.organization, guest, "organization_guest").ok()
        assert works.people()[guest.id] == "organization_guest"
        role = {"organization_role_type": "organization_member"}
        works.chief.api.put(f"/v1/organizations/{works.organization}/members/{guest.id}", role).refused(4000)
        works.chief.api.put(f"{works.members}/{guest.id}", {"role": "enterprise_member"}).refused(4000)
        body = {"name": "Team", "description": "", "coze_account_id": works.organization}
        guest.api.post("/v1/workspaces", body).refused(4101)

    def test_an_organization_is_deleted_by_the_enterprise(self, works):
        lab = works.make_organization(works.member)
        works.member.api.delete(f"/buckle/v1/organizations/{lab}").refused(4101)
        works.admin.api.delete(f"/buckle/v1/organizations/{works.organization}").refused(4000)
        works.admin.api.delete(f"/buckle/v1/organizations/{lab}").ok()
        works.admin.api.put(f"/v1/organizations/{lab}", {"name": "a"}).refused(4200)


class TestWorkspacesOfOrganizations:
    def test_the_sdk_lists_them_by_organization(self, works, outsider):
        team = works.member.make_team(coze_account_id=works.organization)
        for person in (works.member, works.admin, works.chief):
            page = person.coze.workspaces.list(user_id=works.member.id, coze_account_id=works.organization)
            assert [(item.id, item.enterprise_id) for item in page] == [(team, works.id)]
        hidden = outsider.coze.workspaces.list(user_id=works.member.id, coze_account_id=works.organization)
        assert hidden.items == [] and hidden.total == 0
        data = works.member.api.get("/v1/workspaces", enterprise_id=works.id).ok().data
        assert [item["id"] for item in data["workspaces"]] == [team]

    def test_members_of_the_enterprise_are_added_at_once_and_nobody_else(self, works, outsider):
        team = works.member.make_team(coze_account_id=works.organization)
        path = f"/v1/workspaces/{team}/members"

        def users(*people):
            return {"users": [{"user_id": person.id, "role_type": "member"} for person in people]}

        works.member.api.post(path, users(works.admin, outsider)).refused(702042162)
        assert works.member.members(team) == {works.member.id: "owner"}
        added = works.member.api.post(path, users(works.admin)).ok().data
        assert added["added_success_user_ids"] == [works.admin.id] and added["invited_success_user_ids"] == []
        assert works.admin.members(team) == {works.member.id: "owner", works.admin.id: "member"}

    def test_admins_make_workspaces_for_others(self, works, outsider):
        team = works.admin.make_team(coze_account_id=works.organization, owner_uid=works.member.id)
        assert works.member.members(team) == {works.member.id: "owner"}
        body = {"name": "Team", "description": "", "coze_account_id": works.organization}
        works.admin.api.post("/v1/workspaces", {**body, "owner_uid": outsider.id}).refused(4000)
        works.member.api.post("/v1/workspaces", {**body, "owner_uid": works.admin.id}).refused(4101)
        outsider.api.post("/v1/workspaces", body).refused(4200)

    def test_what_a_leaving_member_had_passes_to_the_receiver(self, works):
        lab = works.make_organization(works.chief)
        works.join(lab, works.member).ok()
        team = works.member.make_team(coze_account_id=lab)
        bot = works.member.coze.bots.create(space_id=team, name="helper").bot_id
        works.leave(lab, works.member, works.chief, by=works.admin).ok()
        assert works.chief.members(team) == {works.chief.id: "owner"}
        (item,) = works.chief.api.get("/v1/bots", workspace_id=team, publish_status="all").ok().data["items"]
        assert (item["id"], item["owner_user_id"]) == (bot, works.chief.id)
        works.member.api.get(f"/v1/workspaces/{team}/members").refused(4200)
