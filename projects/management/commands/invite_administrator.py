"""Print the one-time link with which the first administrator of an installation is made."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from projects import services
from projects.models import Invitation, User


class Command(BaseCommand):
    help = "Print a one-time link that makes an administrator. Earlier links of this command stop working."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anyway", action="store_true", help="Also where there is an active administrator.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["anyway"] and User.objects.filter(is_administrator=True, is_active=True, is_demo=False).exists():
            raise CommandError(
                "There is an active administrator, who can invite others on the page People. Use --anyway for a further link."
            )
        Invitation.objects.filter(makes_administrator=True, invited_by=None, used_at=None).update(
            expires_at=timezone.now()
        )
        invitation, secret = services.create_invitation(by=None, makes_administrator=True)
        self.stdout.write(services.invitation_address(secret))
        self.stderr.write(f"Works once, until {invitation.expires_at:%Y-%m-%d %H:%M} UTC.")
