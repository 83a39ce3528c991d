"""What people with a conflict can find out of reviews: nothing. Answers with reviews and without must be the same.

Equal bodies close texts, names, counts, dates, order, paging and search at once; an equal number of queries stands for
the time an answer takes. Pages, lists and acts that are refused are asked while reviews come in, while they are
discussed, and after the decision.
"""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from itertools import zip_longest
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from projects import services
from projects.core.criteria import KEYS
from projects.models import Project, Proposal, Review, TeamReply, User
from tests.factories import make_project, make_proposal, make_review, make_team, make_user
from tests.test_permission_walk import address, body, table, undone, url_names
from tests.world import HIDDEN_REVIEW, World, make_world

ZEBRA = "zebra-striped"  # in all that is planted
PLANTED = f"{ZEBRA} remark"
REVIEWERS = ("Zoltan Quillfeather", "Ximena Underwood", "Quirin Vandermeer")
LINK = re.compile(r'(?:href|hx-get|action|data-figure-url)="([^"#]+)')
# What differs by the clock or at random and tells nothing.
NOISE = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]+"|X-CSRFToken": "[^"]+"|\d\d:\d\d(:\d\d(\.\d+)?Z?)?|\d+ ms\b'
    r"|Content-Length: \d+|just now|in less than a minute|in \d+ days?|\d+ minutes? ago|\d+ % used, [^<]* free"
)
LISTS = ("projects", "proposals", "catalogue", "surprises", "datasets", "me", "tokens")
ODD = ("ordering=reviews", "ordering=-handler", "search=zebra", "page_size=1", "reviews__state=submitted", "page=2")
PAGES_AT_MOST = 1500
TABLE = table()
SCORES = dict.fromkeys(KEYS, 4)
TYPED = {  # by somebody who tries every form
    "outcome": "go", "reasons": "So.", "reason": "So.", "text": "So.", "why": "declined", "letter": "So.", "go": "send",
    "kind": "benefits", "dissent": "So.", "then": "next", "revision": "0", "confidence": "2",
    **SCORES, **{f"{key}_reason": "So." for key in KEYS},
}  # fmt: skip
SENT = TYPED | {"scores": {key: {"value": value, "reason": "So."} for key, value in SCORES.items()}, "submit": True}
Answer = tuple[int, str, int]  # status, body and number of queries


def answer_to(client: Client, method: str, url: str, person: int = 0) -> Answer:
    """One answer; an act names this person, and what it changes is taken back."""
    data: Any = None
    options: dict[str, str] = {}
    if method != "GET" and url.startswith("/api/"):
        data, options = json.dumps(SENT), {"content_type": "application/json"}
    elif method != "GET":
        data = TYPED | {"person": person, "reviewer-person": person}
    cache.clear()
    asked: list[str] = []
    with (
        undone(client) if method != "GET" else nullcontext(),
        connection.execute_wrapper(lambda run, sql, *rest: asked.append(sql) or run(sql, *rest)),
    ):
        answer = getattr(client, method.lower())(url, data, **options)
        content = body(answer)
    return answer.status_code, content, len(asked)


def plant_discussion(proposal: Proposal, owner: User, reviewer: User) -> None:
    """The reviews are open: a reply, a changed score, a remark, and what the handler means to decide."""
    handler = proposal.project.handler
    services.begin_discussion(proposal=proposal, user=handler)
    services.reply_for_team(proposal=proposal, user=owner, text=f"{ZEBRA} reply")
    changed = {"reuse": (5, f"{ZEBRA} score")}
    services.change_scores(proposal=proposal, user=reviewer, scores=changed, why=f"{ZEBRA} change")
    services.add_remark(proposal=proposal, user=reviewer, text=f"{ZEBRA} discussion")
    said = {"reasons": f"{ZEBRA} reasons", "dissent": f"{ZEBRA} dissent"}
    services.save_pending_decision(proposal=proposal, user=handler, outcome="stop", letter=True, **said)


def plant_decision(proposal: Proposal) -> None:
    """What was pending is decided, by the handler's own letter."""
    pending, handler = proposal.pending_decision, proposal.project.handler
    services.save_letter(pending=pending, user=handler, text=f"{ZEBRA} letter")
    services.send_pending_decision(pending=pending, user=handler)


@contextmanager
def as_if_never_reviewed(proposal: Proposal) -> Iterator[None]:
    """In here there are no reviews, and nothing was said of them."""
    with transaction.atomic():
        for rows in (proposal.reviews, proposal.remarks, TeamReply.objects.filter(proposal=proposal)):
            rows.all().delete()
        yield
        transaction.set_rollback(True)


def scrub(content: str) -> str:
    """Without noise, without the searched words where a page repeats them, and with CSV or JSON as it is."""
    content = NOISE.sub("", content)
    for words in (PLANTED, HIDDEN_REVIEW, *REVIEWERS):
        content = content.replace(f"“{words}”", "").replace(f'value="{words}"', "").replace(words.replace(" ", "+"), "")
    return content


LISTED = {
    *("evaluations:home", "projects:project_list", "projects:grave_list", "projects:notice_list", "projects:outbox"),
    *("projects:review_list", "projects:audit_log", "evaluations:portfolio", "evaluations:portfolio_csv"),
    *("evaluations:portfolio_json", "evaluations:portfolio_compare", "evaluations:review_foresight"),
    *("api_portfolio", "api_projects", "api_proposals", "api_events"),
}
ABOUT = re.compile(
    r"projects:|evaluations:(?:gates|report|verdict|result)"
    r"|api_(?:project|report|verdict|proposal|review|reply|decision|question|own_conflict)"
)
ELSEWHERE = (
    "team",
    "invitation",
    "idea_",
    "person",
    "datasets",
    "uploads",
    "access",
)  # of the same parts, not about it
ACTS = re.compile(r"projects:|api_(?:review|reply|decision|question|proposal|own)")


def requests_about(proposal: Proposal, review: object) -> list[tuple[str, str]]:
    """Method and address of all pages and acts of a proposal and its project, and of lists that could name it."""
    version = {"slug": proposal.project.slug, "number": proposal.number}
    parts = [
        {"slug": proposal.project.slug}, version, version | {"review": review}, version | {"section": "payoff"},
        version | {"question": "P1"}, {"pk": proposal.pk}, {"pk": proposal.pk, "review": review},
    ]  # fmt: skip
    found = [("GET", f"{reverse('projects:search')}?q={PLANTED.replace(' ', '+')}")]
    for name in sorted(url_names()):
        if name not in LISTED and (not ABOUT.match(name) or any(word in name for word in ELSEWHERE)):
            continue
        for kwargs in [{}] if name in LISTED else parts:
            with suppress(NoReverseMatch):
                url = reverse(name, kwargs=kwargs)
                methods = ("POST", "PUT") if ACTS.match(name) and name not in LISTED else ()
                found += [(method, url) for method in ("GET", *methods) if (name, method) in TABLE]
                break
    return found


class Crawl:
    """All that one person is answered: every page that links lead to, every address, lists with odd parameters, acts."""

    def __init__(self, user: User, world: World, reviewer: User) -> None:
        self.client = Client(raise_request_exception=False)
        self.client.force_login(user)
        self.world = world
        self.reviewer = reviewer  # whom an act names
        self.answers: dict[str, Answer] = {}

    def seeds(self) -> list[str]:
        found = ["/", reverse("evaluations:home")]
        for name in sorted(url_names()):
            found.append(address(name, self.world))
        for words in (PLANTED, HIDDEN_REVIEW, *REVIEWERS, "reviewer", "4"):
            found.append(f"{reverse('projects:search')}?q={words.replace(' ', '+')}")
        for name in LISTS:
            found += [f"/api/v1/{name}?{odd}" for odd in ODD]
        slug, pk = self.world.idea.slug, self.world.values["proposal"]
        found += [f"/api/v1/{part}?{odd}" for part in (f"projects/{slug}", f"proposals/{pk}/reviews") for odd in ODD]
        return found

    def go(self) -> "Crawl":
        waiting, known = self.seeds(), set()
        while waiting and len(self.answers) < PAGES_AT_MOST:
            url = waiting.pop(0)
            if (
                url in known or "logout" in url or url.startswith(("/static/", "/mail/"))
            ):  # a mail's link has its moment in it
                continue
            known.add(url)
            status, content, queries = answer_to(self.client, "GET", url)
            self.answers[url] = (status, scrub(content), queries)
            if "Content-Type: text/html" in content:
                for link in LINK.findall(content):
                    target = urlsplit(urljoin(f"http://testserver{url}", link.replace("&amp;", "&")))
                    if target.netloc == "testserver":
                        waiting.append(target.path + (f"?{target.query}" if target.query else ""))
        for method, url in requests_about(self.world.idea.proposals.get(), self.world.values["review"]):
            if method != "GET":
                status, content, queries = answer_to(self.client, method, url, person=self.reviewer.pk)
                self.answers[f"{method} {url}"] = (status, scrub(content), queries)
        return self


def differing(before: Crawl, after: Crawl) -> list[str]:
    """Addresses whose answer, or the work behind it, changed, with the first line that did."""
    found = []
    for url in sorted(before.answers.keys() | after.answers.keys()):
        was, now = before.answers.get(url), after.answers.get(url)
        if was != now:
            found.append(f"{url}: {first_difference(was, now)}")
    return found


def first_difference(was: Answer | None, now: Answer | None) -> tuple[object, object]:
    """The first line that is another one; else status and number of queries."""
    pairs = zip_longest(was[1].splitlines(), now[1].splitlines()) if was and now else ()
    return next((pair for pair in pairs if pair[0] != pair[1]), (was and was[::2], now and now[::2]))


@pytest.mark.django_db
def test_whoever_has_a_conflict_is_answered_as_if_there_were_no_reviews():
    logging.disable(logging.ERROR)
    owner, boss, colleague = make_user(), make_user(is_administrator=True), make_user()
    proposal = make_proposal(make_team(owner), submitted=True)
    services.note_conflict(project=proposal.project, user=boss, by=owner, kind="manages")
    make_project(make_team(owner, colleague), user=owner)
    reviewers = [make_user(name) for name in REVIEWERS]
    for reviewer in reviewers[:2]:
        make_review(proposal, reviewer, scores=(1, 2, 5, 2, 1), text=PLANTED)
    late = make_review(proposal, reviewers[2])
    stages = {
        "reviewed": lambda: None,
        "discussed": lambda: plant_discussion(proposal, owner, reviewers[0]),
        "decided": lambda: plant_decision(proposal),
    }
    wrong, leaks, searched = [], [], 0

    def ask(client: Client, asked: list[tuple[str, str]]) -> list[Answer]:
        answers = (answer_to(client, *one, person=late.reviewer_id) for one in asked)
        return [(status, scrub(text), queries) for status, text, queries in answers]

    for stage, plant in stages.items():
        plant()
        asked = requests_about(proposal, late.pk)
        for user in (boss, colleague):
            client = Client(raise_request_exception=False)
            client.force_login(user)
            shown = ask(client, asked)
            with as_if_never_reviewed(proposal):
                alone = ask(client, asked)
            searched += len(shown)
            pairs = zip(asked, shown, alone, strict=True)
            wrong += [f"{stage} {one}: {first_difference(there, gone)}" for one, there, gone in pairs if there != gone]
            leaks += [f"{stage} {one}" for one, (_, text, _) in zip(asked, shown, strict=True) if ZEBRA in text]
    logging.disable(logging.NOTSET)

    print(f"\n{searched} responses searched")
    assert (wrong, leaks) == ([], [])
    assert searched > 500
    assert {user.email for user in (boss, colleague)} & {to for message in mail.outbox for to in message.to} == set()


@pytest.mark.long
@pytest.mark.django_db
def test_whoever_has_a_conflict_finds_out_nothing_by_any_page_list_search_or_mail(django_capture_on_commit_callbacks):
    logging.disable(logging.ERROR)
    world = make_world()
    people, idea = world.people, world.idea
    Project.objects.filter(pk=idea.pk).update(is_private=False)  # so that there is something to find
    proposal, reviewers = idea.proposals.get(), [make_user(name) for name in REVIEWERS]
    services.note_conflict(project=idea, user=people["administrator"], by=people["owner"], kind="manages")
    shared = make_team(people["owner"], colleague := make_user("Colleague Elsewhere"), name="Shared team")
    make_project(shared, name="Shared idea", user=people["owner"])
    conflicted = {"administrator": people["administrator"], "colleague": colleague}

    def crawl() -> dict[str, Crawl]:
        return {role: Crawl(user, world, reviewers[0]).go() for role, user in conflicted.items()}

    crawl()  # a first visit leaves its own traces: who saw what, an address to confirm
    before = crawl()

    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        for reviewer in reviewers[:2]:
            make_review(proposal, reviewer, scores=(1, 2, 5, 2, 1), text=PLANTED)
        waiting = make_review(proposal, reviewers[2])
        services.give_back_review(
            review=Review.objects.get(proposal=proposal, reviewer=people["reviewer"]), why="conflict"
        )
        now = timezone.now()
        Review.objects.filter(pk=waiting.pk).update(due_on=timezone.localdate(now))
        services.send_reminders(now=now)
        after = crawl()
        plant_discussion(proposal, people["owner"], reviewers[0])
        discussed = crawl()
        plant_decision(proposal)
        decided = crawl()
        with as_if_never_reviewed(proposal):
            alone = crawl()
    logging.disable(logging.NOTSET)

    stages = {"reviewed": (before, after), "discussed": (before, discussed), "decided": (alone, decided)}
    changed = {
        (stage, role): differing(without[role], shown[role])
        for stage, (without, shown) in stages.items()
        for role in conflicted
    }
    crawls = [one for stage in (before, after, discussed, decided) for one in stage.values()]
    texts = [text for one in crawls for _, text, _ in one.answers.values()]
    told = {address for message in mail.outbox for address in message.to}
    print(f"\n{len(texts)} responses searched, of each role and stage {[len(one.answers) for one in crawls]}")
    assert {key: found for key, found in changed.items() if found} == {}
    assert [text[:200] for text in texts if ZEBRA in text or HIDDEN_REVIEW in text] == []
    assert told & {user.email for user in conflicted.values()} == set()
    assert len(mail.outbox) >= 4
    assert min(len(one.answers) for one in crawls) > 200


@pytest.mark.django_db
def test_an_administrator_with_a_conflict_is_not_told_by_the_list_of_handlers_who_reviews():
    world_owner = make_user()
    project = make_project(make_team(world_owner))
    proposal = make_proposal(project=project, submitted=True)
    review = make_review(proposal)
    boss = make_user(is_administrator=True)
    services.note_conflict(project=project, user=boss, by=world_owner, kind="manages")
    client = Client()
    client.force_login(boss)
    page = reverse("projects:handler_assign", args=[project.slug])

    offered = str(review.reviewer) in client.get(page).content.decode()
    named = client.post(page, {"person": review.reviewer.pk})

    review.refresh_from_db(), project.refresh_from_db()
    assert (offered, named.status_code, project.handler, review.state) == (True, 302, review.reviewer, "abstained")
