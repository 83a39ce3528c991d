"""Removes the demo organisation with all that its people did since: rows, files, sealed labels. Nothing else is touched."""

import shutil
import time

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import ProtectedError, Q

from datasets import store
from datasets.models import (
    Dataset,
    DatasetVersion,
    FreshDeposit,
    InputsTaken,
    Lineage,
    Look,
    LookGate,
    LookGrant,
    Opening,
    Seal,
    SealedLadder,
    TestSet,
)
from dlstart_web.demo.load import logins_path
from dlstart_web.kit import audit
from dlstart_web.kit.jobs import JobState
from evaluations.models import Declaration, Ladder, Run, Submission, Verdict
from evaluations.services import cancel_run
from projects.models import Attachment, Project, Team, User
from projects.services import attachment_path


def remove() -> dict[str, int]:
    """Remove it; how many projects, teams and people that were. A second call finds nothing."""
    projects = list(Project.objects.filter(Q(is_demo=True) | Q(team__is_demo=True)))
    _stop_training(projects)
    runs = list(Run.objects.filter(project__in=projects))
    versions = list(DatasetVersion.objects.filter(dataset__project__in=projects).select_related("dataset__project"))
    attached = Attachment.objects.filter(proposal__project__in=projects).values_list("stored", flat=True)
    files = [attachment_path(stored) for stored in attached]
    with audit.recording("demo-removed"):
        _remove_results(projects)
        _remove_data(projects)
        people = list(User.objects.filter(is_demo=True))
        teams = list(Team.objects.filter(is_demo=True))
        Project.objects.filter(pk__in=[project.pk for project in projects]).delete()
        Team.objects.filter(pk__in=[team.pk for team in teams]).delete()
        _sign_out(people)
        for person in people:
            _remove_person(person)
    # Rows first: files without rows are litter, rows without files would be a fault on every page.
    for version in versions:
        store.forget(version)
        for folder in (
            settings.VAULT / str(version.pk),
            settings.VAULT / f".{version.pk}",
            settings.STORE / "encoded" / str(version.pk),
        ):
            shutil.rmtree(folder, ignore_errors=True)
        (settings.STORE / "encoded" / f"{version.pk}.lock").unlink(missing_ok=True)
    for file in files:
        file.unlink(missing_ok=True)
    for run in runs:
        shutil.rmtree(settings.STORE / "runs" / str(run.pk), ignore_errors=True)
    logins_path().unlink(missing_ok=True)
    return {"projects": len(projects), "teams": len(teams), "people": len(people)}


def _stop_training(projects: list[Project]) -> None:
    """Cancel what runs, and give its worker the time to notice, so that it writes no file afterwards."""
    busy = list(Run.objects.filter(project__in=projects, state__in=(JobState.QUEUED, JobState.RUNNING)))
    for run in busy:
        cancel_run(run)
    if any(run.state == JobState.RUNNING for run in busy):
        time.sleep(settings.JOB_BEAT + 1)


def _remove_results(projects: list[Project]) -> None:
    of_projects = Q(project__in=projects)
    Verdict.objects.filter(of_projects).delete()
    Declaration.objects.filter(opening__project__in=projects).delete()
    Submission.objects.filter(Q(look__project__in=projects) | Q(opening__project__in=projects)).delete()
    Opening.objects.filter(of_projects).delete()
    SealedLadder.objects.filter(of_projects).delete()
    # The ledger's own manager deletes nothing; its trigger lets the looks of demo projects go, and no others.
    InputsTaken.objects.filter(of_projects).delete()
    models.QuerySet(LookGrant).filter(of_projects).delete()
    models.QuerySet(Look).filter(of_projects).delete()
    Run.objects.filter(of_projects).delete()
    Ladder.objects.filter(of_projects).delete()


def _remove_data(projects: list[Project]) -> None:
    of_projects = Q(version__dataset__project__in=projects)
    lineages = list(Lineage.objects.filter(datasets__project__in=projects))
    Seal.objects.filter(of_projects).delete()
    FreshDeposit.objects.filter(of_projects).delete()
    TestSet.objects.filter(of_projects).delete()
    Dataset.objects.filter(project__in=projects).delete()
    orphans = Lineage.objects.filter(pk__in=[lineage.pk for lineage in lineages], datasets=None)
    LookGate.objects.filter(lineage__in=orphans).delete()
    orphans.delete()


def _sign_out(people: list[User]) -> None:
    keys = {str(person.pk) for person in people}
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") in keys:
            session.delete()


def _remove_person(person: User) -> None:
    """Delete an account; one that took part in real work is closed instead, so that the work keeps its record."""
    try:
        with transaction.atomic():
            person.delete()
    except ProtectedError:
        person.email, person.name = f"closed-{person.pk}@northlight.example", f"{person.name} (closed demo account)"
        person.is_active = person.is_demo = person.is_steward = False
        person.set_unusable_password()
        person.save()
