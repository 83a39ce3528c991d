"""`dlstart check`, `look` and `status` against a real server, as a person at a terminal or a program meets them."""

import json
import time
from random import Random

import pytest
from knox.models import AuthToken

from datasets.models import Look
from dlstart_web import cli
from projects.models import Membership
from tests.evaluations.test_handing_in import as_csv, guess, rows_of
from tests.factories import do_files, do_submissions, make_done_ladder


@pytest.fixture
def site(live_server, client, monkeypatch, tmp_path):
    """A project at a server whose worker works whenever the command waits; its inputs, and a person's token."""
    project = make_done_ladder(only=("always_same", "linear")).project
    owner = project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user
    client.force_login(owner)
    monkeypatch.setenv("DLSTART_SERVER", live_server.url)
    monkeypatch.setenv("DLSTART_PROJECT", project.slug)
    monkeypatch.setenv("DLSTART_TOKEN", AuthToken.objects.create(owner)[1])
    monkeypatch.setattr(time, "sleep", lambda seconds: [do_files(), do_submissions()])
    return {
        part: [(row["id"], guess(row)) for row in rows_of(client, project, part)] for part in ("validation", "final")
    }


@pytest.fixture
def dlstart(capsys):
    """Run a command; its exit code and what it printed."""

    def run(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.mark.django_db(transaction=True)
def test_check_look_and_status_at_a_server(site, dlstart, tmp_path):
    rows, every = site["validation"], [*site["validation"], *site["final"]]
    short, full, other, bad = (tmp_path / f"{name}.csv" for name in ("short", "full", "other", "bad"))
    short.write_bytes(as_csv(rows))
    full.write_bytes(as_csv(every))
    other.write_bytes(as_csv([(key, "no") for key, _ in every]))
    bad.write_bytes(as_csv(rows[5:]))
    look = ("--reason", "The ladder is done.", "--yes")

    code, out, _ = dlstart("check", short)
    assert (code, out) == (
        0,
        f"{short} fits: {len(rows)} of {len(rows)} ids of validation. "
        "Nothing was scored or spent. A look needs the sealed rows too.\n",
    )
    code, out, err = dlstart("check", bad)
    assert (code, out) == (3, "")
    assert err.startswith(f"dlstart check: 5 of {len(rows)} ids of validation missing.")
    code, out, _ = dlstart("check", bad, "--json")
    assert (code, json.loads(out)["refusal"]["code"]) == (3, "IDS_MISSING")
    assert dlstart("look", short, *look)[0] == 3
    code, _, err = dlstart("look", full, "--reason", "x")
    assert (code, "a program says --yes" in err, Look.objects.count()) == (2, True, 0)

    code, out, _ = dlstart("look", full, *look, "--guess", "0.9")
    assert (code, Look.objects.count()) == (0, 1)
    assert out.startswith("Look 1: New best: read ")
    full.write_bytes(as_csv(Random(1).sample(every, len(every))))
    assert dlstart("look", full, *look)[:2] == (0, out)
    code, _, err = dlstart("look", other, *look)
    assert (code, "Next look: " in err, "counted by" in err) == (4, True, True)
    assert Look.objects.count() == 1

    code, out, _ = dlstart("status")
    assert code == 0
    assert "Mug finder" in out
    assert "0 now; the next opens " in out
    assert "look 1, " in out
    found = json.loads(dlstart("status", "--json")[1])
    assert (found["looks"]["looks_left"], found["looks"]["counted_by"]) == (0, "team")
    assert dlstart("status", "-p", "none-such")[0] == 5


def test_commands_say_what_is_missing_before_they_ask(dlstart, monkeypatch, tmp_path):
    for name in ("DLSTART_PROJECT", "DLSTART_TOKEN", "DLSTART_SERVER"):
        monkeypatch.delenv(name, raising=False)
    token = tmp_path / "token"
    token.write_text("secret\n")

    assert dlstart("status") == (
        2,
        "",
        "dlstart status: Name the project with -p SLUG or DLSTART_PROJECT; its page's address ends with the slug.\n",
    )
    assert dlstart("status", "-p", "mugs")[0] == 2
    assert dlstart("status", "-p", "mugs", "--token-file", tmp_path / "none")[0] == 2
    assert dlstart("status", "-p", "mugs", "--token-file", token, "--server", "file:///x")[0] == 2
    code, _, err = dlstart("check", token, "-p", "mugs", "--token-file", token, "--server", "http://127.0.0.1:9")
    assert (code, "cannot be asked" in err, "secret" in err) == (5, True, False)
