"""One CSV on its way from the upload to the seal, as web and worker do it, on an installation of its own.

    python bench/_upload_to_seal.py SOURCE FOLDER

`nothing` for SOURCE only starts. What each stage took goes to the standard error. For `ingest.py`.
"""

import os
import resource
import sys
from pathlib import Path

FOLDER = Path(sys.argv[2]) / "installation"
os.environ |= {
    "DLSTART_DATA": str(FOLDER / "var"),
    "DLSTART_LOG_LEVEL": "WARNING",
    "DJANGO_SETTINGS_MODULE": "dlstart_web.settings",
    # as `dlstart run` starts its workers: files are read in pieces instead of mapped into memory whole
    "POLARS_FORCE_ASYNC": "1",
    "POLARS_ROW_GROUP_PREFETCH_SIZE": "4",
}

import django

django.setup()

from django.core.files import File
from django.core.management import call_command

from datasets import ingestion, services
from datasets.models import DatasetVersion, Ingestion, Upload
from projects import services as project_services
from projects.models import Project, User

PIECE = 8 * 2**20


class Clock:
    """CPU seconds of this process and its children since the last lap, and the most memory held so far."""

    def __init__(self) -> None:
        self.last = self.seconds()

    def seconds(self) -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(each.ru_utime + each.ru_stime for each in used)

    def lap(self, what: str) -> None:
        peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        words = "  {:16s} {:6.1f} CPU s, peak so far: worker {:,.0f} MB, child {:,.0f} MB"
        print(words.format(what, self.seconds() - self.last, *peaks), file=sys.stderr, flush=True)
        self.last = self.seconds()


def upload(source: Path, project: Project, user: User) -> DatasetVersion:
    """In pieces of 8 MB, then finished."""
    size = source.stat().st_size
    upload: Upload = services.create_upload(project=project, user=user, file_name=source.name, size=size)
    with source.open("rb") as file:
        for offset in range(0, size, PIECE):
            length = min(PIECE, size - offset)
            services.append_upload(upload=upload, offset=offset, length=length, source=File(file))
    return services.finish_upload(upload=Upload.objects.get(pk=upload.pk), user=user)


def work() -> None:
    """What the worker does with the job that waits."""
    job = Ingestion.objects.get(state="queued")
    ingestion.execute(str(job.pk), str(job.token))
    job.refresh_from_db()
    if job.state != "done":
        raise SystemExit(f"{job.stage}: {job.problem}")


def main(source: Path) -> None:
    """The whole way in a sandbox, stage by stage."""
    call_command("migrate", verbosity=0)
    if not source.exists():
        return
    user = User.objects.create_user("ada@example.org", name="Ada")
    team = project_services.create_team(user=user, name="Bench")
    project = project_services.create_project(user=user, team=team, name="Belt", is_sandbox=True)
    clock = Clock()
    version = upload(source, project, user)
    clock.lap("upload and hash")
    work()
    clock.lap("read and profile")
    services.choose_target(version=version, user=user, target="target")
    work()
    clock.lap("checks")
    services.choose_split(version=version, user=user, meets="same")
    for finding in version.findings.filter(severity="stop"):
        services.keep_finding(finding=finding, user=user, reason="measured")
    services.seal_version(version=version, user=user)
    work()
    clock.lap("divide and seal")


main(Path(sys.argv[1]))
