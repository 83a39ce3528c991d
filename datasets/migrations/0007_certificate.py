"""What a certificate needs to be checked offline, and who saw the rows before they were sealed."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets", "0006_lineages"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField("seal", "types", models.JSONField(default=dict)),
        migrations.CreateModel(
            name="Viewing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "how",
                    models.CharField(
                        choices=[("report", "opened the report"), ("download", "downloaded rows")], max_length=8
                    ),
                ),
                ("first_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="viewings",
                        to="datasets.datasetversion",
                    ),
                ),
            ],
            options={
                "ordering": ["first_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "user", "how"), name="one_viewing_per_person_and_way"
                    )
                ],
            },
        ),
    ]
