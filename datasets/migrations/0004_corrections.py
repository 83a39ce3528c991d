from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets", "0003_uploads")]

    operations = [
        migrations.AddField("datasetversion", "corrections", models.JSONField(blank=True, default=dict)),
        migrations.AddField("ingestion", "corrections", models.JSONField(blank=True, default=dict)),
        migrations.AlterField(
            "ingestion",
            "stage",
            models.CharField(
                choices=[("read", "Read"), ("correct", "Correct"), ("check", "Check"), ("seal", "Seal")], max_length=8
            ),
        ),
    ]
