"""Test sets with rows in common count looks and openings together, also across projects."""

import uuid

from django.db import migrations, models


def one_family_per_tier(apps, schema_editor) -> None:
    """Until now the rows of a tier went from version to version of one data set."""
    families: dict[tuple, uuid.UUID] = {}
    for test_set in apps.get_model("datasets", "TestSet").objects.all():
        tier = "checkpoint" if test_set.is_pooled else test_set.tier
        test_set.family = families.setdefault((test_set.lineage_id, tier), uuid.uuid4())
        test_set.save(update_fields=["family"])


class Migration(migrations.Migration):
    dependencies = [("datasets", "0005_catalogue")]
    operations = [
        migrations.AddField("datasetversion", "horizon", models.FloatField(blank=True, null=True)),
        migrations.AddField("seal", "retired", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("seal", "sealed_elsewhere", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("testset", "family", models.UUIDField(default=uuid.uuid4)),
        migrations.RunPython(one_family_per_tier, migrations.RunPython.noop),
    ]
