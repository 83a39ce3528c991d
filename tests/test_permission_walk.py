"""Every address, every method, everybody: one table of what is answered, and what no answer may hold or leave unsaid."""

import logging
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path

from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client, TestCase, override_settings
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from datasets.models import InputsTaken, Viewing
from dlstart_web.kit.models import AuditEvent, AuditHead
from projects.core.examples import EXAMPLES
from projects.selectors import mail_token
from tests.made_up_german import FOR_PROGRAMS, made_up_language, typed_by_people, unsaid
from tests.permission_table import ROLES, TABLE
from tests.world import HIDDEN_REVIEW, OTHER_DRAFT, World, make_world

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ALLAUTH = ("account_", "mfa_")  # takes PUT for POST; the two that browsers send are walked
SEALED = {  # addresses of a sealed version
    *(
        "certificate",
        "certificate_download",
        "part_download",
        "version_figures",
        "balance_chart",
        "column_figures",
        "column_chart",
    ),
    *("version_download", "wall_piece", "api_certificate", "api_split", "api_download"),
}
MAY_READ_HIDDEN_REVIEWS = {"handler"}
MAY_READ_OTHER_DRAFT = {"other"}
Row = tuple[str, str]  # name and method


def url_names(resolver: URLResolver | None = None, space: str = "") -> Iterator[str]:
    """The name of every address of the installation."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from url_names(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern):
            yield f"{space}{entry.name}"


def table() -> dict[Row, dict[str, int]]:
    """The expected status by name, method and role."""
    lines = [line.split() for line in TABLE.strip().splitlines() if line.strip() and not line.startswith("#")]
    assert all(len(line) == 2 + len(ROLES) for line in lines), [line for line in lines if len(line) != 2 + len(ROLES)]
    return {(name, method): dict(zip(ROLES, map(int, codes), strict=True)) for name, method, *codes in lines}


def address(name: str, world: World) -> str:
    """Where a name leads in this world: what is under review for proposals, what is judged for verdicts, else the sealed one."""
    values = world.values
    project = world.result
    if name.split(":")[-1] in (
        "result_decide",
        "result_paid",
        "verdict",
        "report",
        "report_appendix",
        "report_text",
        "report_data",
        "api_verdict",
        "api_report",
    ):
        project = world.judged
    elif name.startswith("projects:") or "dataset" in name or name == "api_project":
        project = world.idea
    version = world.sealed if name.split(":")[-1] in SEALED else world.ready
    args: dict[str, list[object]] = {
        "account_confirm_email": ["no-such-key"],
        "account_reset_password_from_key": ["1", "no-such-key"],
        "projects:token_delete": [values["token"]],
        "projects:invitation_accept": [values["secret"]],
        "projects:person_edit": [world.people["loner"].pk],
        "projects:team_detail": [values["team"]],
        "projects:team_rename": [values["team"]],
        "projects:invitation_create": [values["team"]],
        "projects:invitation_withdraw": [values["team"], values["invitation"]],
        "projects:member_role": [values["team"], values["membership"]],
        "projects:member_leave": [values["team"], values["membership"]],
        "projects:example_detail": [EXAMPLES[0].key],
        "projects:template_change": ["letters"],
        "projects:proposal_section": [project.slug, 1, "problem"],
        "projects:proposal_answer": [project.slug, 1, "G1"],
        "projects:mail_stop": [mail_token(world.people["loner"], None)],
        "projects:attachment_download": [project.slug, 1, values["attachment"]],
        "projects:attachment_remove": [project.slug, 1, values["attachment"]],
        "projects:comment_finish": [project.slug, 1, values["comment"]],
        "projects:idea_back": [values["idea"]],
        "projects:idea_close": [values["idea"]],
        "projects:plan_edit": [project.slug, 1, "payoff"],
        "projects:answer_texts": [project.slug, 1, "G1"],
        "projects:reviewer_release": [project.slug, 1, values["review"]],
        "api_reviewer_release": [values["proposal"], values["review"]],
        "projects:question_answer": [project.slug, 1, values["question"]],
        "datasets:look_gate": [values["dataset"]],
        "datasets:access_ask": [values["dataset"]],
        "datasets:access_decide": [values["request"]],
        "datasets:dataset_detail": [values["dataset"]],
        "datasets:dataset_listing": [values["dataset"]],
        "datasets:dataset_remove": [values["dataset"]],
        "datasets:dataset_use": [values["dataset"]],
        "datasets:datasheet": [values["dataset"]],
        "datasets:datasheet_answer": [values["dataset"], "why"],
        "datasets:wanted_answer": [values["wanted"]],
        "datasets:wanted_detail": [values["wanted"]],
        "datasets:part_download": [version.pk, "train"],
        "datasets:column_figures": [version.pk, 1],
        "datasets:wall_piece": [version.pk, 0],
        "datasets:column_chart": [version.pk, 1, "part"],
        "evaluations:ladder_fragment": [world.ladder.pk],
        "evaluations:prediction_download": [values["prediction"]],
        "api_predicted": [values["prediction"]],
        "api_predicted_rows": [values["prediction"]],
        "evaluations:operating_point": [values["run"]],
        **{
            f"evaluations:fresh_{name}": [project.slug, values["fresh"]]
            for name in ("set", "agree", "retry", "predictions")
        },
        "evaluations:inputs_download": [project.slug, "final", "csv"],
        "api_inputs": [project.slug, "final", "parquet"],
        "api_predictions_file": [values["file"]],
        "api_fresh_deposit": [values["deposit"]],
        "api_opening": [values["opening"]],
        "api_opening_agree": [values["opening"]],
        "api_token": [values["token"]],
        "api_upload": [values["upload"]],
        "api_upload_finish": [values["upload"]],
        "api_project_uploads": [world.idea.slug],
        "api_ladder": [world.ladder.pk],
        "api_access_decision": [values["request"]],
        "api_access_requests": [values["dataset"]],
        "api_dataset_versions": [values["dataset"]],
        "api_datasheet": [values["dataset"]],
        "api_finding_act": [version.pk, values["finding"]],
        "api_finding_keep": [version.pk, values["finding"]],
        "api_merge": [version.pk, values["merge"]],
        "datasets:label_merge": [version.pk, values["merge"]],
        "api_split": [version.pk, "train"],
    }
    if name == "datasets:version_finding":
        return reverse(name, args=[version.pk]) + f"?keep={values['finding']}"
    if name in args:
        return reverse(name, args=args[name])
    for guess in ([], [project.slug], [project.slug, 1], [version.pk], [values["run"]], [values["proposal"]]):
        if "run" in name.split(":")[-1] and guess and guess[0] == version.pk:
            continue
        try:
            return reverse(name, args=guess)
        except NoReverseMatch:
            continue
    raise LookupError(f"Say in `address` what {name} is made of.")


@contextmanager
def undone(client: Client) -> Iterator[None]:
    """What happens in here leaves no row and no cookie behind."""
    cookies = SimpleCookie(client.cookies.output(header="", sep=";"))
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = cookies


def ask(client: Client, method: str, url: str) -> HttpResponseBase:
    """One request with next to no content, such as anybody can send."""
    kind = {"content_type": "application/json"} if url.startswith("/api/") and method != "GET" else {}
    return getattr(client, method.lower())(url, **kind)


def body(response: HttpResponseBase) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    return f"{headers}\n{content.decode(errors='replace')}"


def without_token(response: HttpResponseBase) -> str:
    """A page without the token that is new on each."""
    return re.sub(r"[A-Za-z0-9]{64}", "", response.content.decode())


@contextmanager
def written() -> Iterator[set[str]]:
    """The tables in which rows are made, changed or deleted in here; that of sessions, and where it is written down who
    has seen what, do not count: that is the purpose."""
    meant = {model._meta.db_table for model in (Session, Viewing, InputsTaken, AuditEvent, AuditHead)}
    tables: set[str] = set()

    def note(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        change = re.match(r'(?:INSERT INTO|INSERT OR IGNORE INTO|UPDATE|DELETE FROM) "(\w+)"', sql)
        if change and change[1] not in meant and context["cursor"].rowcount:
            tables.add(change[1])
        return answer

    with connection.execute_wrapper(note):
        yield tables


class TestPermissionWalk(TestCase):
    world: World

    @classmethod
    def setUpTestData(cls) -> None:
        cls.world = make_world()

    def setUp(self) -> None:
        logging.disable(logging.ERROR)  # thousands of refusals are meant
        self.addCleanup(logging.disable, logging.NOTSET)

    def client_of(self, role: str, **options) -> Client:
        client = Client(raise_request_exception=False, **options)
        if role != "stranger":
            client.force_login(self.world.people[role])
        return client

    def test_every_address_is_in_the_table(self):
        names = set(url_names())

        assert names - {name for name, _ in table()} == set()
        assert {name for name, _ in table()} - names == set()

    def test_everybody_is_answered_as_the_table_says(self):
        """Nor does reading change anything; and no page says a word that is in no catalogue, in the made-up German of it."""
        with tempfile.TemporaryDirectory() as folder, override_settings(LOCALE_PATHS=[made_up_language(Path(folder))]):
            self.walk()

    def walk(self) -> None:
        expected, wrong, leaks, changes, acts, unkept = table(), [], [], [], set(), set()
        data, seen, beside = typed_by_people(), set(), {}
        for role in ROLES:
            client = self.client_of(role, headers={"accept-language": "de"})
            for name in sorted(url_names()):
                url = address(name, self.world)
                for method in asked_methods(name, role, expected):
                    with undone(client), written() as tables:
                        answer = ask(client, method, url)
                        text = body(answer)
                    if method != "GET":
                        acts |= tables
                    elif tables:
                        changes.append(f"{name} {role}: {tables}")
                    codes = (
                        {expected[name, method][role]} if (name, method) in expected else refused_methods(name, role)
                    )
                    if answer.status_code not in codes:
                        wrong.append(f"{name} {method} {role}: {answer.status_code}, not {codes}")
                    leaks += [f"{name} {method} {role}: {leak}" for leak in self.leaks(text, role)]
                    if "html" in answer.headers.get("Content-Type", "") and not name.startswith(FOR_PROGRAMS):
                        unkept |= {f"{name}: {form}" for form in unkept_forms(text)}
                        beside |= dict.fromkeys(unsaid(answer.content.decode(), data, seen), name)

        assert wrong == []
        assert leaks == []
        assert changes == []
        assert unkept == set()
        assert acts  # those that are meant to change something do, and are seen
        assert [f"{name}: {' '.join(text.split())[:160]}" for text, name in sorted(beside.items())] == []

    def leaks(self, text: str, role: str) -> list[str]:
        """Planted words in an answer to somebody who may not read them."""
        found = []
        if HIDDEN_REVIEW in text and role not in MAY_READ_HIDDEN_REVIEWS:
            found.append(HIDDEN_REVIEW)
        if OTHER_DRAFT in text and role not in MAY_READ_OTHER_DRAFT:
            found.append(OTHER_DRAFT)
        numbers = {
            number.replace(",", ".") for number in re.findall(r"\d+[.,]\d{6}", text)
        }  # as Germans write them too
        return found + sorted(numbers & self.world.sealed_labels)

    def test_what_is_not_yours_is_answered_like_what_is_not_there(self):
        client = self.client_of("other")
        slug, missing = self.world.idea.slug, "no-such-project"
        for name in ("projects:project_detail", "datasets:project_data", "evaluations:ladder", "evaluations:report"):
            foreign, absent = client.get(reverse(name, args=[slug])), client.get(reverse(name, args=[missing]))

            assert foreign.status_code == absent.status_code == 404
            assert without_token(foreign).replace(slug, "") == without_token(absent).replace(missing, "")

    def test_no_change_without_a_csrf_token(self):
        client = self.client_of("owner", enforce_csrf_checks=True)
        passed = []
        for name, method in table():
            if method == "GET" or name == "projects:mail_stop":  # a mail program has no token; its link is signed
                continue
            with undone(client):
                answer = ask(client, method, address(name, self.world))
                if answer.status_code != 403:
                    passed.append(f"{name} {method}: {answer.status_code}")

        assert passed == []


def unkept_forms(page: str) -> Iterator[str]:
    """Forms with a box for text that would not outlive the page."""
    for tag, inside in re.findall(r"(<form[^>]*>)(.*?)</form>", page, re.DOTALL):
        if "data-keep" not in tag and inside.count("<textarea") > inside.count("data-keep"):
            yield tag + inside[:120]


def asked_methods(name: str, role: str, expected: dict[Row, dict[str, int]]) -> list[str]:
    """What the address knows, for everybody; what it does not know, for two."""
    if name.startswith(ALLAUTH):
        return ["GET", "POST"]
    return [method for method in METHODS if (name, method) in expected or role in ("stranger", "owner")]


def refused_methods(name: str, role: str) -> set[int]:
    """What a method gets that an address does not know; a stranger may be sent to sign in before that is found out."""
    if role != "stranger":
        return {405}
    return {401, 405} if name.startswith("api_") else {302, 405}
