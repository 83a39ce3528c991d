"""The tables as the migrations that it replaces leave them, in one step for a new database."""

import django.utils.timezone
from django.db import migrations, models

from dlstart_web.kit.tables import CreateTables
from dlstart_web.kit.migrations import _append_only


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ('kit', '0001_initial'),
        ('kit', '0002_append_only'),
        ('kit', '0003_clock_mark'),
        ('kit', '0004_notes'),
    ]

    dependencies = [
    ]

    operations = [
        CreateTables(
            migrations.CreateModel(
                name='AuditEvent',
                fields=[
                    ('number', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                    ('at', models.DateTimeField()),
                    ('actor', models.CharField(blank=True, max_length=40)),
                    ('act', models.CharField(max_length=40)),
                    ('rows', models.TextField()),
                    ('previous', models.CharField(max_length=64)),
                    ('digest', models.CharField(max_length=64)),
                ],
                options={
                    'ordering': ['number'],
                },
            ),
            migrations.CreateModel(
                name='AuditHead',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveBigIntegerField(default=0)),
                    ('digest', models.CharField(max_length=64)),
                ],
            ),
            migrations.CreateModel(
                name='ClockMark',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField()),
                    ('anchor', models.DateTimeField()),
                    ('boot', models.CharField(blank=True, max_length=40)),
                    ('uptime', models.FloatField()),
                ],
            ),
            migrations.CreateModel(
                name='AuditNote',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('text', models.TextField(max_length=2000)),
                    ('by', models.CharField(max_length=40)),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
            ),
        ),
        migrations.RunPython(_append_only.install, _append_only.remove),
    ]
