import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.urls import reverse

from dlstart_web.kit import views


@pytest.mark.parametrize("name", ["method", "glossary", "keys"])
def test_static_pages_are_open_to_everybody_and_read_only(client, name):
    url = reverse(f"kit:{name}")

    assert client.get(url).status_code == 200
    assert client.post(url).status_code == 405


def test_theme_set_keeps_a_cookie_and_goes_back(client):
    answer = client.post(reverse("kit:theme_set"), {"theme": "dark", "next": "/glossary/"})

    assert (answer.status_code, answer.url) == (302, "/glossary/")
    assert client.cookies["theme"].value == "dark"
    assert b'<html lang="en-gb" data-theme="dark">' in client.get("/glossary/").content

    client.post(reverse("kit:theme_set"), {"theme": "", "next": "/glossary/"})

    assert b'<html lang="en-gb">' in client.get("/glossary/").content


def test_theme_set_refuses_other_sites_and_other_values(client):
    answer = client.post(reverse("kit:theme_set"), {"theme": '"><script>', "next": "https://elsewhere.example/"})

    assert answer.url == reverse("kit:method")
    assert client.cookies["theme"].value == ""
    assert client.get(reverse("kit:theme_set")).status_code == 405


def test_keys_set_switches_the_keys_off_and_on(client):
    url = reverse("kit:keys")
    assert b" data-keys>" in client.get(url).content

    client.post(reverse("kit:keys_set"), {"keys": "off", "next": url})
    assert b" data-keys>" not in client.get(url).content

    client.post(reverse("kit:keys_set"), {"keys": "on", "next": url})
    assert b" data-keys>" in client.get(url).content


def test_not_found_says_the_same_words_to_everybody(client):
    answer = client.get("/no/such/page/")

    assert answer.status_code == 404
    assert "it is not yours to see. We do not say which." in answer.content.decode()


def test_programs_are_refused_in_their_own_form(client):
    answer = client.get("/api/v1/no/such/thing")

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json() == {
        "type": "not-found",
        "title": "Not Found",
        "status": 404,
        "detail": "Nothing under this address.",
    }
    fault = views.server_error(RequestFactory().get("/api/v1/boom"))
    assert (fault.status_code, fault.headers["Content-Type"]) == (500, "application/problem+json")


def test_server_error_gives_a_number_and_asks_no_database(caplog):
    answer = views.server_error(RequestFactory().get("/boom/"))

    assert answer.status_code == 500
    fault = caplog.records[0].args[0]
    assert f"fault {fault}" in answer.content.decode()


def test_permission_denied_repeats_the_reason_escaped():
    answer = views.permission_denied(RequestFactory().get("/"), PermissionDenied("Only the owner <may>"))

    assert answer.status_code == 403
    assert "Only the owner &lt;may&gt;" in answer.content.decode()


@pytest.mark.parametrize(
    "name", ["account_login", "account_reset_password", "account_signup", "account_reset_password_done"]
)
@pytest.mark.django_db
def test_account_pages_are_in_our_look(client, name):
    answer = client.get(reverse(name))

    assert answer.status_code == 200
    assert '<main id="main" class="sheet">' in answer.content.decode()


@pytest.mark.django_db
def test_a_form_with_an_old_token_is_explained(client):
    client.handler.enforce_csrf_checks = True

    answer = client.post(reverse("kit:theme_set"), {"theme": "dark"})

    assert answer.status_code == 403
    assert "This form is out of date" in answer.content.decode()


@pytest.mark.django_db
def test_sign_in_says_what_is_missing_in_our_words(client):
    page = client.post(reverse("account_login"), {}).content.decode()

    assert "<title>Error: Sign in · dlstart</title>" in page
    assert '<a href="#id_password">Password: fill this in</a>' in page
    assert "placeholder" not in page


def test_who_must_sign_in_to_send_a_form_comes_back_to_its_page(client):
    sign_in, there = reverse("account_login"), reverse("projects:idea_wall")
    for page, leads_to in (("http://testserver/a/?b=c", "/a/%3Fb%3Dc"), ("http://elsewhere.example/a/", there)):
        answer = client.post(there, headers={"referer": page})

        assert answer.headers["Location"] == f"{sign_in}?next={leads_to}"
    assert client.post(there, headers={"hx-request": "true"}).status_code == 403
