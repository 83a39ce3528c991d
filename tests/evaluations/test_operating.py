"""The operating point of a run: what its page says at a threshold, and the point that is kept and then frozen."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from datasets.models import Opening
from evaluations import selectors, services
from evaluations.forms import OperatingForm
from evaluations.models import Behaviour, KeptPoint
from projects.models import Answer, Membership, Proposal
from tests.factories import make_done_ladder, make_sealed_version, make_user

pytestmark = pytest.mark.django_db
QUERIES = 12


@pytest.fixture(scope="module")
def climbed(kept):
    return make_done_ladder(make_sealed_version(secret=bytes([3] * 32)), only=("always_same", "linear"))


@pytest.fixture
def run(ladder):
    return ladder.runs.get(recipe="linear")


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def address(run, **query):
    return reverse("evaluations:operating_point", args=[run.pk], query=query)


def context_at(run, threshold, **terms):
    form = OperatingForm({name: str(value) for name, value in terms.items()}, start=({}, ""))
    assert form.is_valid()
    return selectors.binary_context(run, selectors.behaviour_of(run), form.terms, threshold)


def test_the_worker_stores_counts_and_no_rows(run):
    found = Behaviour.objects.get(run=run).found

    assert (found["kind"], found["n"], found["tp"][0], found["fp"][0]) == (
        "binary",
        run.rows_validation,
        found["positives"],
        found["n"] - found["positives"],
    )
    assert len(found["t"]) <= 200
    assert not Behaviour.objects.filter(run__recipe="always_same").exists()
    by_colour = [s for s in found["slices"] if s["column"] == "colour"]
    assert sum(s["positives"] + s["negatives"] for s in by_colour) == found["n"]


def test_counts_costs_and_the_two_extremes_of_a_threshold(run):
    found = Behaviour.objects.get(run=run).found
    shown = context_at(run, 0.5, miss=3, alarm=0.2)
    yes = 1000 * found["positives"] / found["n"]

    first, last = shown["rows"][0], shown["rows"][-1]

    assert (first["name"], first["said"], first["recall"], first["missed"]) == ("always yes", "1,000", "100.0", "0")
    assert (last["name"], last["said"], last["precision"], last["recall"]) == ("always no", "0", "–", "0.0")
    assert float(last["worth"].replace(",", "")) == pytest.approx(3 * yes, abs=0.01)
    assert float(first["worth"].replace(",", "")) == pytest.approx(0.2 * (1000 - yes), abs=0.01)
    at_half = next(row for row in shown["rows"] if row["kind"] == "mine")
    assert float(at_half["right"]) == pytest.approx(100 * run.score, abs=0.06)


def test_a_dear_miss_moves_the_cheapest_threshold_down_and_the_locked_measure_objects(run):
    dear = context_at(run, None, miss=50, alarm=1)
    even = context_at(run, None, miss=1, alarm=1)

    assert float(dear["best"]["threshold"]) < float(even["best"]["threshold"])
    assert "share sorted right" in dear["disagreement"]
    assert "points less than 0.50" in dear["disagreement"]
    assert even["disagreement"] == ""


def test_page_says_it_in_words_and_keeps_a_point_until_the_final_is_asked_for(client, sign_in, run):
    owner = owner_of(run.project)
    sign_in(owner)

    shown = client.get(address(run, t="0.3", miss="3", alarm="0.2")).content.decode()
    told = re.search(r'data-announce="([^"]+)"', shown)[1]
    kept = client.post(address(run), {"t": "0.3", "miss": "3", "alarm": "0.2"})

    assert re.fullmatch(r"threshold 0\.\d\d, precision [\d.]+ percent, recall [\d.]+ percent", told)
    assert kept.status_code == 302
    point = KeptPoint.objects.get(run=run)
    assert (point.threshold, point.terms["miss"], point.kept_by) == (0.3, 3.0, owner)
    assert 'name="t" inputmode="decimal" value="0.' in client.get(address(run)).content.decode()

    services.ask_opening(project=run.project, user=owner, simple=run, deep=None)
    refused = client.post(address(run), {"t": "0.9"})

    assert refused.status_code == 422
    assert "The final tier was asked for" in refused.content.decode()
    assert KeptPoint.objects.get(run=run).threshold == 0.3
    assert Opening.objects.filter(project=run.project).exists()


def test_fragment_of_the_slider_is_the_point_alone(client, sign_in, run):
    sign_in(owner_of(run.project))

    part = client.get(address(run, t="0.6"), headers={"HX-Request": "true"}).content.decode()

    assert part.lstrip().startswith("<section")
    assert "It says “yes” from 0.6" in part or "It says “yes” from 0.5" in part
    assert "<html" not in part


def test_what_is_no_number_is_named_at_its_field(client, sign_in, run):
    sign_in(owner_of(run.project))

    answer = client.get(address(run, t="1.5", miss="much"))

    assert answer.status_code == 422
    assert "Cost of a miss: write a number, such as 0.5" in answer.content.decode()
    assert client.post(address(run), {}).status_code == 422


def test_costs_of_the_proposal_are_where_it_begins_and_a_draft_stays_the_teams_own(run):
    owner, proposal = owner_of(run.project), run.project.proposals.first()
    Answer.objects.filter(proposal=proposal, question="T1").update(text="A jam, 3.00; an extra lift, 0.20.")

    assert selectors.stated_costs(owner, run.project)[0] == {"miss": 3.0, "alarm": 0.2}
    Proposal.objects.filter(pk=proposal.pk).update(state=Proposal.State.DRAFT)
    assert selectors.stated_costs(make_user(), run.project) == ({}, "")

    Answer.objects.filter(proposal=proposal, question="T1").update(text="Three kinds: 1, 2 and 3.")
    assert selectors.stated_costs(owner, run.project)[0] == {}


def test_the_criterion_shows_the_costs_of_the_proposal_until_a_point_is_kept(client, sign_in, run):
    owner, project = owner_of(run.project), run.project
    sign_in(owner)
    page, api = reverse("evaluations:criterion", args=[project.slug]), f"/api/v1/projects/{project.slug}/criterion"

    unsaid = client.get(page).content.decode()
    Answer.objects.filter(proposal__project=project, question="T1").update(text="A jam, 3.00; an extra lift, 0.20.")
    stated, costs = client.get(page).content.decode(), client.get(api).json()["costs"]
    client.post(address(run), {"t": "0.4", "miss": "5", "alarm": "0.5"})
    kept, kept_costs = client.get(page).content.decode(), client.get(api).json()["costs"]

    assert "Not stated: answer question T1 of the proposal with two numbers" in unsaid
    assert ("a miss costs 3, a false alarm 0.20<" in stated, "question T1" in stated) == (True, True)
    assert ("a miss costs 5, a false alarm 0.50<" in kept, address(run) in kept) == (True, True)
    assert (costs, kept_costs) == (
        {"miss": 3.0, "alarm": 0.2, "run": None},
        {"miss": 5.0, "alarm": 0.5, "run": str(run.pk)},
    )


def test_page_costs_the_same_queries_for_many_slices_and_points(client, sign_in, run, django_assert_num_queries):
    sign_in(owner_of(run.project))
    client.get(address(run))

    with django_assert_num_queries(QUERIES):
        client.get(address(run, t="0.2"))
    Behaviour.objects.filter(run=run).update(found=Behaviour.objects.get(run=run).found | {"slices": []})
    with django_assert_num_queries(QUERIES):
        client.get(address(run, t="0.8"))


def table(kind):
    lines = ["width,height,colour,target"]
    for i in range(300):
        width, colour = (i * 7919 % 300) / 30, ("red", "blue", "green")[i % 3]
        target = (
            f"{3 * width + i * 31 % 23:.3f}" if kind == "number" else ("small", "middle", "large")[int(width / 3.4)]
        )
        lines.append(f"{width:.4f},{i % 17},{colour},{target}")
    return SimpleUploadedFile("things.csv", "\n".join(lines).encode())


@pytest.mark.parametrize(("kind", "metric"), [("class", "accuracy"), ("number", "rmse")])
def test_several_classes_and_numbers_have_a_page_of_their_own(client, sign_in, kind, metric):
    version = make_sealed_version(metric=metric, file=table(kind), target="target")
    run = make_done_ladder(version, only=("linear",)).runs.get()
    sign_in(owner_of(run.project))

    page = client.get(address(run)).content.decode()
    found = Behaviour.objects.get(run=run).found

    if kind == "class":
        assert sum(map(sum, found["matrix"])) == found["n"]
        assert "Truth down, answer across" in page
        assert "Nothing speaks against its probabilities" in page or "do not mean what they say" in page
    else:
        assert sum(band["n"] for band in found["bands"]) == found["n"]
        assert "nine of ten from" in page
    refused = client.post(address(run), {"t": "0.5"})
    assert refused.status_code == 422
    assert not KeptPoint.objects.exists()


def test_api_answers_in_numbers_and_keeps_a_point(client, sign_in, run):
    sign_in(owner_of(run.project))
    url = f"/api/v1/runs/{run.pk}/operating-point"

    told = client.get(url, {"t": "0.4", "miss": "3", "alarm": "0.2"}).json()
    kept = client.put(url, {"t": 0.4, "miss": 3}, content_type="application/json")

    assert (told["part"], told["n"], told["kept"]) == ("validation", run.rows_validation, None)
    assert told["found"]["pr"]["low"] <= told["found"]["pr"]["area"] <= told["found"]["pr"]["high"]
    assert told["cheapest"]["low"] <= told["cheapest"]["threshold"] <= told["cheapest"]["high"]
    assert kept.status_code == 200
    assert kept.json()["kept"] == {"threshold": 0.4, "terms": KeptPoint.objects.get(run=run).terms}
    assert client.get(url, {"t": "2"}).status_code == 422
    assert client.put(url, {}, content_type="application/json").status_code == 422
