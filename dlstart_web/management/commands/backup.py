"""Copy the database and the data folder, and read the copy again."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dlstart_web.kit import backups
from dlstart_web.kit.text import file_size_words


class Command(BaseCommand):
    help = "Copy the database, the parts and the vault into a new folder, and read the copy again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: object, folder: Path, **options: object) -> None:
        try:
            made = backups.make_backup(into=folder, now=timezone.now())
        except (backups.BackupFailed, OSError) as fault:
            raise CommandError(f"No backup was made. {fault}") from fault
        self.stdout.write(f"{made.place}: {made.files:,} files, {file_size_words(made.size)}, read again.")
        self.stdout.write("The vault's key is not in it; keep that apart.")
