import pytest
from django.test import Client

from bangfu.accounts import services
from bangfu.audit.models import Entry

PASSWORD = "Kmpd-4827-qwxz"


@pytest.fixture
def officer(house):
    return services.create_officer(
        by=None, username="zhang.wei", name="张伟", area=house.township, password=PASSWORD, must_change_password=False
    ).officer


@pytest.mark.req("H1")
def test_an_officer_signs_in_and_lands_on_the_page_asked_for(officer):
    client = Client()
    asked = client.get("/my-account/?x=1")
    assert asked.url == "/sign-in/?next=%2Fmy-account%2F%3Fx%3D1"
    answer = client.post(asked.url, {"username": "zhang.wei", "password": PASSWORD, "next": "/my-account/?x=1"})
    assert answer.url == "/my-account/?x=1"
    assert Entry.objects.get(action="sign_in.done").actor_id == officer.pk
