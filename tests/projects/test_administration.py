"""What administrators settle for everybody, and reading past a conflict."""

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from dlstart_web.kit import audit, tasks, workers
from dlstart_web.kit.models import Backup, WorkerCheck
from projects import selectors, services
from projects.core.criteria import BY_KEY, KEYS
from projects.core.errors import ProjectProblem
from projects.core.extras import Extra
from projects.models import BreakGlass, Proposal, QuestionSet, ReviewRules, TemplateWording, User
from tests.factories import make_handler, make_proposal, make_review, make_team, make_user

SECRET = "zebra-striped"
RULES = reverse("projects:rules_change")


def rules_form(seen: int = 1, **other: str) -> dict[str, str]:
    """The form as the page shows it, with some fields different."""
    data = {f"weight_{key}": "1" for key in KEYS} | {f"floor_{key}": "" for key in KEYS}
    data |= {"floor_feasibility": "2", "floor_fault_tolerance": "2", "reviews_wanted": "3", "names_hidden": "on"}
    return data | {"seen": str(seen), "reason": "Payoff decides here."} | other


@pytest.fixture
def boss(db):
    return make_user("Boss", is_administrator=True)


@pytest.fixture
def proposal(db):
    return make_proposal(make_team(make_user("Olga"), name="Northern lights"), submitted=True)


def test_new_rules_hold_for_proposals_submitted_later(sign_in, boss, proposal):
    client = sign_in(boss)

    changed = client.post(RULES, rules_form(weight_payoff="3", floor_dataset="4"))

    later = make_proposal(make_team(make_user("Otto"), name="Southern lights"), submitted=True)
    for each in (proposal, later):
        each.refresh_from_db()
        make_review(each, make_user(), scores=(3, 3, 3, 5, 3))
    assert changed.status_code == 302
    assert [selectors.rules_of(each).number for each in (proposal, later)] == [1, 2]
    assert [round(selectors.profile_of(each).overall, 2) for each in (proposal, later)] == [3.4, 3.86]
    assert [len(selectors.profile_of(each).missed_floors) for each in (proposal, later)] == [0, 1]
    page = sign_in(make_user()).get(RULES).content.decode()
    assert "Payoff weighs 3 instead of 1." in page
    assert "Payoff decides here." in page
    assert not [fault for fault in audit.verify().faults if fault.table == ReviewRules._meta.db_table]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({}, "Nothing is different from the rules in force."),
        ({"weight_reuse": "2", "reason": " "}, "Reason: fill this in"),
        ({"weight_reuse": "much"}, "Weight of Reuse: write a number, such as 0.5"),
        ({"weight_reuse": "7"}, "Weight of Reuse: it may be 0 to 5"),
        ({"anchor_reuse_2": "w" * 201}, "Reuse, 2: at most 200 characters are kept; shorten it"),
        ({"floor_reuse": "5"}, "&#x27;5&#x27; is not among the choices"),
        ({"weight_reuse": "2", "seen": "7"}, "Version 1 holds by now, and you read version 7."),
    ],
)
def test_a_change_that_cannot_be_made_keeps_what_was_typed(sign_in, boss, other, words):
    answer = sign_in(boss).post(RULES, rules_form(**other))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert f'value="{other.get("weight_reuse", "1")}"' in answer.content.decode()
    assert not ReviewRules.objects.exists()


def test_of_two_administrators_the_second_reads_what_changed_and_saves_knowingly(sign_in, boss):
    sign_in(boss).post(RULES, rules_form(weight_payoff="3", weight_dataset="2", names_hidden=""))
    second = sign_in(make_user("Second", is_administrator=True))

    refused = second.post(RULES, rules_form(weight_dataset="0.5", floor_reuse="3", reason="Data comes later."))
    form = refused.context["form"]
    saved = second.post(RULES, {name: form[name].value() for name in form.fields})

    told = [
        "Version 2 holds by now, and you read version 1. Read what changed, then make the next version.",
        "Changed meanwhile: Dataset weighs 2 instead of 1. Payoff weighs 3 instead of 1. Names of reviewers are shown. "
        "What you changed stands below as you typed it, all else as it is now.",
    ]
    assert (refused.status_code, saved.status_code) == (422, 302)
    assert form.non_field_errors() == told
    assert (form["seen"].value(), form["reason"].value()) == (2, "Data comes later.")
    rules = selectors.rules_in_force()
    assert rules.changes_from(selectors.rules_numbered(2)) == [
        "Dataset weighs 0.5 instead of 2.",
        "Reuse has a floor of 3 instead of no floor.",
    ]
    assert (rules.number, rules.weights["payoff"], rules.names_hidden) == (3, 3, False)


def test_what_is_wrong_and_what_changed_meanwhile_are_said_at_once(sign_in, boss):
    client = sign_in(boss)
    client.post(RULES, rules_form(weight_payoff="3"))

    answer = client.post(RULES, rules_form(weight_reuse="much", reason="More of it."))

    form = answer.context["form"]
    assert (answer.status_code, list(form.errors)) == (422, ["weight_reuse", "__all__"])
    assert form.non_field_errors()[0].startswith("Changed meanwhile: Payoff weighs 3 instead of 1.")
    assert [form[name].value() for name in ("weight_reuse", "reason", "seen")] == ["much", "More of it.", 2]


def test_a_round_keeps_the_sentences_that_it_began_with(sign_in, boss, proposal):
    client, kilns, usual = sign_in(boss), "Four kilns, each with its own glaze", "Several teams or years"
    reviewer, handler = make_user("Rita"), make_handler(proposal, make_user("Hanna"))
    services.assign_reviewer(proposal=proposal, reviewer=reviewer, by=handler)
    client.post(RULES, rules_form(anchor_reuse_4=f" {kilns} "))
    later = make_proposal(make_team(make_user("Otto"), name="Southern lights"), submitted=True)
    services.assign_reviewer(proposal=later, reviewer=reviewer, by=make_handler(later, handler))

    def told(who: User, name: str, version: Proposal) -> list[bool]:
        page = sign_in(who).get(reverse(f"projects:{name}", args=[version.project.slug, version.number]))
        return [words in page.content.decode() for words in (usual, kilns)]

    edited = [told(reviewer, "review_edit", each) for each in (proposal, later)]
    for each in (proposal, later):
        services.save_review(review=each.reviews.get(), revision=0, scores=dict.fromkeys(KEYS, (4, "")), confidence=2)
        services.submit_review(review=each.reviews.get())
        services.begin_discussion(proposal=each, user=handler)
    pages = [[told(reviewer, name, each) for name in ("review_board", "scores_change")] for each in (proposal, later)]
    api = [sign_in(reviewer).get(f"/api/v1/proposals/{each.pk}/reviews").json()["rubric"] for each in (proposal, later)]
    reports = [
        sign_in(handler).get(reverse("evaluations:report_appendix", args=[each.project.slug])).content.decode()
        for each in (proposal, later)
    ]

    old, new = [True, False], [False, True]
    assert edited == [old, new]
    assert pages == [[old, old], [new, new]]
    assert [(rubric["number"], rubric["criteria"][1]["anchors"][3][:12]) for rubric in api] == [
        (1, usual[:12]),
        (2, kilns[:12]),
    ]
    assert [[words in page for words in (usual, kilns)] for page in reports] == [old, new]


def test_an_empty_sentence_is_the_one_that_came_with_dlstart(sign_in, boss):
    client, usual = sign_in(boss), BY_KEY["reuse"].anchors[0]
    client.post(RULES, rules_form(anchor_reuse_1="One kiln", anchor_payoff_1=BY_KEY["payoff"].anchors[0]))

    shown = client.get(RULES).content.decode()
    client.post(RULES, rules_form(seen=2))

    page = client.get(RULES).content.decode()
    assert '<textarea name="anchor_reuse_1"' in shown
    assert [each.anchors for each in ReviewRules.objects.all()] == [{}, {"reuse": ["One kiln", "", "", "", ""]}]
    assert f"Reuse, 1: “{usual}” instead of “One kiln”." in page
    assert f"Reuse, 1: “One kiln” instead of “{usual}”." in page
    assert "Boss," in page


def test_of_two_sentences_written_at_once_the_second_is_saved_knowingly(sign_in, boss):
    sign_in(boss).post(RULES, rules_form(anchor_reuse_1="One kiln", anchor_reuse_2="Two kilns"))
    second = sign_in(make_user("Second", is_administrator=True))

    refused = second.post(RULES, rules_form(anchor_reuse_2="A pair of kilns"))
    form = refused.context["form"]
    second.post(RULES, {name: form[name].value() for name in form.fields})

    assert refused.status_code == 422
    assert "Reuse, 1: “One kiln” instead of" in str(form.non_field_errors())
    assert selectors.rules_in_force().anchors == {"reuse": ["One kiln", "A pair of kilns", "", "", ""]}


def test_weights_are_shown_as_they_are_typed(sign_in, boss):
    sign_in(boss).post(RULES, rules_form(weight_payoff="0.5"))

    shown = {
        language: sign_in(boss).get(RULES, headers={"Accept-Language": language}).content.decode()
        for language in ("en", "de")
    }

    typed = {language: re.findall(r'name="weight_\w+" value="([^"]*)"', page) for language, page in shown.items()}
    assert typed == {"en": ["1", "1", "1", "0.5", "1"], "de": ["1", "1", "1", "0,5", "1"]}


def change_rules(by: User) -> ReviewRules:
    rules = {"weights": dict.fromkeys(KEYS, 2.0), "floors": dict.fromkeys(KEYS), "reviews_wanted": 3, "anchors": {}}
    return services.change_rules(by=by, **rules, names_hidden=True, reason="It is so.", seen=1)


def change_questions(by: User) -> QuestionSet:
    site = Extra("", f"Asked by {by}?", "Its number.", "dataset", True)
    return services.change_questions(by=by, questions=[site], reason="It is so.", seen=1)


def change_wording(by: User) -> TemplateWording:
    return services.change_wording(by=by, template="letters", words={"go": str(by)}, reason="It is so.", seen=1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("change", "model", "told"),
    [
        (change_rules, ReviewRules, "Version 2 holds by now"),
        (change_questions, QuestionSet, "Version 2 holds by now"),
        (change_wording, TemplateWording, "Version 2 holds by now"),
    ],
)
def test_of_administrators_at_the_same_moment_one_makes_the_next_version(change, model, told):
    people = [make_user(f"Boss {number}", is_administrator=True) for number in range(4)]
    barrier, outcomes = Barrier(4), []

    def try_it(by: User) -> None:
        try:
            barrier.wait()
            change(by)
            outcomes.append("made")
        except ProjectProblem as problem:
            outcomes.append(str(problem).partition(",")[0])
        finally:
            connection.close()

    threads = [Thread(target=try_it, args=[each]) for each in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == sorted([told] * 3 + ["made"])
    assert [(each.number, each.reason) for each in model.objects.all()] == [(2, "It is so.")]
    assert not [fault for fault in audit.verify().faults if fault.table == model._meta.db_table]


def test_as_many_reviews_as_the_rules_want_open_them(sign_in, boss):
    sign_in(boss).post(RULES, rules_form(reviews_wanted="1", names_hidden=""))
    proposal = make_proposal(make_team(make_user("Olga")), submitted=True)
    reviewer = make_user("Rita Readable")
    make_handler(proposal, make_user("Hanna"))
    review = services.assign_reviewer(proposal=proposal, reviewer=reviewer, by=proposal.project.handler)
    scores = dict.fromkeys(KEYS, (4, ""))

    services.submit_review(review=services.save_review(review=review, revision=0, scores=scores, confidence=2))

    proposal.refresh_from_db()
    owner = proposal.project.created_by
    board = reverse("projects:review_board", args=[proposal.project.slug, proposal.number])
    assert proposal.reviews_opened_at
    assert "Rita Readable" in sign_in(owner).get(board).content.decode()


def test_the_glass_opens_reviews_for_an_hour_and_tells_the_handler(
    sign_in, boss, proposal, django_capture_on_commit_callbacks
):
    handler = make_handler(proposal, make_user("Hanna"))
    services.join_team(team=proposal.project.team, user=boss)
    make_review(proposal, make_user(), scores=(2, 2, 2, 2, 2), text=SECRET)
    client, address = sign_in(boss), reverse("projects:glass_break", args=[proposal.project.slug])
    board = reverse("projects:review_board", args=[proposal.project.slug, proposal.number])
    before = client.get(board).content.decode()

    silent = client.post(address, {"reason": " "})
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address, {"reason": "A complaint came in."})

    opened = client.get(board).content.decode()
    again = client.post(address, {"reason": "Once more."})
    BreakGlass.objects.update(broken_at=timezone.now() - timedelta(minutes=61))
    later = client.get(board).content.decode()
    assert (silent.status_code, again.status_code) == (422, 422)
    assert [SECRET in page for page in (before, opened, later)] == [False, True, False]
    assert [(letter.to, "A complaint came in." in letter.body) for letter in mail.outbox] == [([handler.email], True)]
    assert "A complaint came in." in sign_in(handler).get(board).content.decode()
    assert BreakGlass.objects.count() == 1


def test_the_glass_stays_whole_for_who_owes_a_review_or_holds_no_office(sign_in, boss, proposal):
    address = reverse("projects:glass_break", args=[proposal.project.slug])
    make_review(proposal, boss)

    owing = sign_in(boss).post(address, {"reason": "Curious."})
    stranger = sign_in(make_user()).post(address, {"reason": "Curious."})

    assert (owing.status_code, stranger.status_code) == (422, 403)
    assert "You were asked for a review of this proposal." in owing.content.decode()
    assert not BreakGlass.objects.exists()


def test_the_page_says_how_the_installation_stands(sign_in, boss, proposal, django_assert_max_num_queries):
    client = sign_in(boss)
    client.get("/")

    with django_assert_max_num_queries(31):
        page = client.get(reverse("projects:administration")).content.decode()

    assert "Nothing waits" in page
    assert "none answers" in page
    assert "none known" in page
    assert "DLSTART_LOOK_GAP_DAYS" in page
    assert "Northern lights" in client.get(reverse("projects:all_teams")).content.decode()


def facts(client) -> dict[str, str]:
    """What stands beside each word on the page Administration."""
    page = client.get(reverse("projects:administration")).content.decode()
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page, re.DOTALL)
    return {name: " ".join(re.sub("<.*?>", " ", words).split()) for name, words in found}


def test_workers_letters_and_the_last_backup_stand_on_the_page(sign_in, boss, proposal):
    now = timezone.now()
    workers.sign("one", now)
    workers.sign("two", now)
    Backup.objects.create(made_at=now - timedelta(days=8), place="/disk/dlstart-1", files=3, size=2_000_000)
    handler = make_handler(proposal, make_user())
    for is_sent_later in (False, True):
        services.save_pending_decision(
            proposal=proposal, user=handler, outcome="stop", reasons="So.", letter=is_sent_later
        )

        assert facts(sign_in(boss))["Letters in outboxes"] == str(int(is_sent_later))

    found = facts(sign_in(boss))
    assert found["Workers"] == "2 answering"
    assert found["Last backup"].endswith("read again older than a week /disk/dlstart-1")
    assert found["Single sign-on"] == "none: people sign in with their address and a password"


@pytest.fixture
def act(sign_in, boss):
    """Press a button of the first steps; what the page that follows says of each step."""

    def press(act: str = "") -> dict[str, str]:
        client = sign_in(boss)
        if act:
            assert client.post(reverse("projects:setup_act"), {"act": act}).status_code == 302
        page = client.get(reverse("projects:administration")).content.decode()
        found = re.findall(r"<div><p>(.*?) *<span(.*?)</p><small>(.*?)</small>", page, re.DOTALL)
        return {label: f"{re.sub('<.*?>', '', f'<{tag}').strip()}: {words}" for label, tag, words in found}

    return press


def test_a_mail_is_sent_and_what_is_known_of_it_is_said(act, boss, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert act("mail")["Send a mail"].startswith("look at it: No mail leaves this machine")
    assert [(each.subject, each.to) for each in mail.outbox] == [("A mail from dlstart", [boss.email])]


def test_the_list_of_first_steps_goes_when_all_is_done(act, boss, sign_in):
    assert [words.split(":")[0] for words in act().values()] == ["look at it", "open", "open", "open", "open"]
    assert "5 first steps open" in sign_in(boss).get("/").content.decode()

    assert act("worker")["Let a worker answer"].startswith("look at it: A job waits")
    check = WorkerCheck.objects.get()
    tasks.answer(str(check.pk), str(check.token))
    assert act()["Let a worker answer"].startswith("done: A worker answered within 0.")
    Backup.objects.create(made_at=timezone.now(), place="/disk/dlstart-1", files=3, size=2_000_000)
    assert act()["Make a backup"].startswith("done: /disk/dlstart-1: 3 files, 2.0 MB,")
    assert act("limits")["Look at the limits"] == "done: Boss looked at them."
    make_team(make_user(), make_user(), name="Belt team")
    assert act()["Bring the first real team in"] == "done: Belt team works here."
    assert act("nonsense")

    assert "1 first step open" in sign_in(boss).get("/").content.decode()
    assert act("hidden") == {}
    assert "first step" not in sign_in(boss).get("/").content.decode()
    again = sign_in(boss).get(reverse("projects:administration"), {"setup": "1"}).content.decode()
    assert "Put this list away" in again


def test_a_mail_server_that_does_not_answer_is_said(act, settings, boss, sign_in):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    client = sign_in(boss)

    page = client.post(reverse("projects:setup_act"), {"act": "mail"}, follow=True).content.decode()

    assert "No mail was sent. The mail server says:" in page
    assert act()["Send a mail"].startswith("open: Invitations")
    services.mark_setup(by=boss, key="mail")
    assert act()["Send a mail"].startswith(f"under way: The mail server took one for {boss.email}")
    assert act("arrived")["Send a mail"].startswith(f"done: One arrived at {boss.email}")
