"""What people with a conflict can find out of reviews: nothing. A crawl before and after reviews come in must be the same.

Equal bodies close texts, names, counts, dates, order, paging and search at once; an equal number of queries stands for
the time an answer takes.
"""

import logging
import re
from itertools import zip_longest
from urllib.parse import urljoin, urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects import services
from projects.models import Project, Review, User
from tests.factories import make_project, make_proposal, make_review, make_team, make_user
from tests.test_permission_walk import address, body, url_names
from tests.world import HIDDEN_REVIEW, World, make_world

PLANTED = "zebra-striped remark"
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


def scrub(content: str) -> str:
    """Without noise, without the searched words where a page repeats them, and with CSV or JSON as it is."""
    content = NOISE.sub("", content)
    for words in (PLANTED, HIDDEN_REVIEW, *REVIEWERS):
        content = content.replace(f"“{words}”", "").replace(f'value="{words}"', "").replace(words.replace(" ", "+"), "")
    return content


class Crawl:
    """All that one person is answered: every page that links lead to, every address, lists with odd parameters."""

    def __init__(self, user: User, world: World) -> None:
        self.client = Client(raise_request_exception=False)
        self.client.force_login(user)
        self.world = world
        self.answers: dict[str, tuple[int, str, int]] = {}

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
            cache.clear()
            asked: list[str] = []
            with connection.execute_wrapper(lambda run, sql, *rest, asked=asked: asked.append(sql) or run(sql, *rest)):
                answer = self.client.get(url)
                content = body(answer)
            self.answers[url] = (answer.status_code, scrub(content), len(asked))
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                for link in LINK.findall(content):
                    target = urlsplit(urljoin(f"http://testserver{url}", link.replace("&amp;", "&")))
                    if target.netloc == "testserver":
                        waiting.append(target.path + (f"?{target.query}" if target.query else ""))
        return self


def differing(before: Crawl, after: Crawl) -> list[str]:
    """Addresses whose answer, or the work behind it, changed, with the first line that did."""
    found = []
    for url in sorted(before.answers.keys() | after.answers.keys()):
        was, now = before.answers.get(url), after.answers.get(url)
        if was != now:
            pairs = zip_longest(was[1].splitlines(), now[1].splitlines()) if was and now else ()
            found.append(f"{url}: {next((pair for pair in pairs if pair[0] != pair[1]), (was, now))}")
    return found


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
    for user in conflicted.values():
        Crawl(user, world).go()  # a first visit leaves its own traces: who saw what, an address to confirm
    before = {role: Crawl(user, world).go() for role, user in conflicted.items()}

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
    after = {role: Crawl(user, world).go() for role, user in conflicted.items()}
    logging.disable(logging.NOTSET)

    changed = {role: differing(before[role], after[role]) for role in conflicted}
    texts = [text for crawl in (*before.values(), *after.values()) for _, text, _ in crawl.answers.values()]
    told = {address for message in mail.outbox for address in message.to}
    print(
        f"\n{len(texts)} responses searched: " + ", ".join(f"{role} {len(after[role].answers)}" for role in conflicted)
    )
    assert changed == {"administrator": [], "colleague": []}
    assert [text[:200] for text in texts if PLANTED in text or HIDDEN_REVIEW in text] == []
    assert told & {user.email for user in conflicted.values()} == set()
    assert len(mail.outbox) >= 4
    assert min(len(crawl.answers) for crawl in after.values()) > 150


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
