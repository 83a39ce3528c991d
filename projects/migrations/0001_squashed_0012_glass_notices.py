"""The tables as the migrations that it replaces leave them, in one step for a new database."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from dlstart_web.kit.tables import CreateTables


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ('projects', '0001_initial'),
        ('projects', '0002_conflicts_and_due_dates'),
        ('projects', '0003_answer_texts'),
        ('projects', '0004_review_rules'),
        ('projects', '0005_plans'),
        ('projects', '0006_ideas'),
        ('projects', '0007_discussion'),
        ('projects', '0008_notices'),
        ('projects', '0009_guards'),
        ('projects', '0010_beside'),
        ('projects', '0011_starting'),
        ('projects', '0012_glass_notices'),
    ]

    dependencies = [
    ]

    operations = [
        CreateTables(
            migrations.CreateModel(
                name='User',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('password', models.CharField(max_length=128, verbose_name='password')),
                    ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                    ('email', models.EmailField(max_length=254, unique=True)),
                    ('name', models.CharField(max_length=100)),
                    ('is_active', models.BooleanField(default=True)),
                    ('is_administrator', models.BooleanField(default=False)),
                    ('is_steward', models.BooleanField(default=False)),
                    ('is_demo', models.BooleanField(default=False)),
                    ('time_zone', models.CharField(blank=True, max_length=64)),
                    ('department', models.CharField(blank=True, max_length=100)),
                    ('keys_on', models.BooleanField(default=True)),
                    ('mails_at_once', models.BooleanField(default=True)),
                    ('digest_hour', models.PositiveSmallIntegerField(blank=True, default=7, null=True)),
                    ('digest_on', models.DateField(blank=True, null=True)),
                    ('joined_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='Team',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(max_length=60, unique=True)),
                    ('name', models.CharField(max_length=100, unique=True)),
                    ('is_demo', models.BooleanField(default=False)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('members', models.ManyToManyField(related_name='teams', through='projects.Membership', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['name'],
                },
            ),
            migrations.CreateModel(
                name='Membership',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='projects.team')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                    ('role', models.CharField(choices=[('owner', 'Owner'), ('member', 'Member')], default='member', max_length=6)),
                    ('joined_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('left_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['role', 'joined_at'],
                    'constraints': [models.UniqueConstraint(fields=('team', 'user'), name='one_membership_per_team_and_person')],
                },
            ),
            migrations.CreateModel(
                name='Invitation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('digest', models.CharField(max_length=64, unique=True)),
                    ('email', models.EmailField(blank=True, max_length=254)),
                    ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='projects.team')),
                    ('role', models.CharField(choices=[('owner', 'Owner'), ('member', 'Member')], default='member', max_length=6)),
                    ('makes_administrator', models.BooleanField(default=False)),
                    ('invited_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('expires_at', models.DateTimeField()),
                    ('used_at', models.DateTimeField(blank=True, null=True)),
                    ('used_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
            ),
            migrations.CreateModel(
                name='Project',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('slug', models.SlugField(max_length=80, unique=True)),
                    ('name', models.CharField(max_length=100)),
                    ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='projects.team')),
                    ('is_sandbox', models.BooleanField(default=False)),
                    ('is_private', models.BooleanField(default=False)),
                    ('is_demo', models.BooleanField(default=False)),
                    ('reached', models.PositiveSmallIntegerField(choices=[(0, 'Nothing yet'), (1, 'Idea'), (2, 'Review'), (3, 'Test set'), (4, 'Simple models'), (5, 'Deep learning'), (6, 'Verdict')], default=0)),
                    ('archived_at', models.DateTimeField(blank=True, null=True)),
                    ('handler', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='handled_projects', to=settings.AUTH_USER_MODEL)),
                    ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'ordering': ['-created_at'],
                },
            ),
            migrations.CreateModel(
                name='Criterion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='criteria', to='projects.project')),
                    ('number', models.PositiveSmallIntegerField(default=1)),
                    ('metric', models.CharField(max_length=30)),
                    ('level', models.FloatField()),
                    ('smallest_difference', models.FloatField(default=0.02)),
                    ('guards', models.JSONField(blank=True, default=list)),
                    ('slices', models.JSONField(blank=True, default=list)),
                    ('stop_rule', models.CharField(blank=True, max_length=300)),
                    ('reason', models.TextField(blank=True)),
                    ('locked_at', models.DateTimeField(blank=True, null=True)),
                    ('locked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('results_seen', models.PositiveIntegerField(default=0)),
                    ('fingerprint', models.CharField(blank=True, max_length=64)),
                ],
                options={
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('project', 'number'), name='one_criterion_per_number')],
                },
            ),
            migrations.CreateModel(
                name='Proposal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to='projects.project')),
                    ('number', models.PositiveSmallIntegerField(default=1)),
                    ('state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'Submitted'), ('in_review', 'in review'), ('decided', 'Decided'), ('withdrawn', 'Withdrawn')], default='draft', max_length=10)),
                    ('x', models.CharField(blank=True, max_length=200)),
                    ('x_kind', models.CharField(blank=True, max_length=20)),
                    ('y', models.CharField(blank=True, max_length=200)),
                    ('y_kind', models.CharField(blank=True, max_length=20)),
                    ('row_means', models.CharField(blank=True, max_length=200)),
                    ('known_at', models.CharField(blank=True, max_length=200)),
                    ('truth_after', models.CharField(blank=True, max_length=200)),
                    ('mapping_revision', models.PositiveIntegerField(default=0)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('submitted_at', models.DateTimeField(blank=True, null=True)),
                    ('submitted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('review_rules', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='projects.reviewrules')),
                    ('reviews_opened_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('project', 'number'), name='one_proposal_per_number')],
                },
            ),
            migrations.CreateModel(
                name='Pair',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pairs', to='projects.proposal')),
                    ('position', models.PositiveSmallIntegerField()),
                    ('x', models.CharField(blank=True, max_length=200)),
                    ('y', models.CharField(blank=True, max_length=200)),
                    ('is_hard', models.BooleanField(default=False)),
                ],
                options={
                    'ordering': ['position'],
                    'constraints': [models.UniqueConstraint(fields=('proposal', 'position'), name='one_pair_per_position')],
                },
            ),
            migrations.CreateModel(
                name='Answer',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='projects.proposal')),
                    ('question', models.CharField(max_length=2)),
                    ('text', models.TextField(blank=True, max_length=20000)),
                    ('choice', models.CharField(blank=True, max_length=20)),
                    ('ticks', models.JSONField(blank=True, default=list)),
                    ('revision', models.PositiveIntegerField(default=0)),
                    ('edited_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('edited_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('proposal', 'question'), name='one_answer_per_question')],
                },
            ),
            migrations.CreateModel(
                name='Review',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='projects.proposal')),
                    ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to=settings.AUTH_USER_MODEL)),
                    ('state', models.CharField(choices=[('invited', 'Invited'), ('accepted', 'Accepted'), ('drafting', 'Drafting'), ('submitted', 'Submitted'), ('declined', 'Declined'), ('conflict', 'Conflict'), ('abstained', 'Abstained')], default='invited', max_length=9)),
                    ('confidence', models.PositiveSmallIntegerField(blank=True, null=True)),
                    ('strength', models.TextField(blank=True)),
                    ('worry', models.TextField(blank=True)),
                    ('change_mind', models.TextField(blank=True)),
                    ('revision', models.PositiveIntegerField(default=0)),
                    ('invited_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('due_on', models.DateField(blank=True, null=True)),
                    ('reminded', models.PositiveSmallIntegerField(choices=[(0, 'None'), (1, 'two days before'), (2, 'on the day'), (3, 'the handler was told')], default=0)),
                    ('skipped_at', models.DateTimeField(blank=True, null=True)),
                    ('ahead', models.PositiveSmallIntegerField(default=0)),
                    ('submitted_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['submitted_at', 'id'],
                    'constraints': [models.UniqueConstraint(fields=('proposal', 'reviewer'), name='one_review_per_person'), models.CheckConstraint(condition=models.Q(('confidence__isnull', True), ('confidence__range', (1, 3)), _connector='OR'), name='confidence_1_to_3')],
                },
            ),
            migrations.CreateModel(
                name='Score',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='projects.review')),
                    ('criterion', models.CharField(max_length=20)),
                    ('value', models.PositiveSmallIntegerField(blank=True, null=True)),
                    ('cannot_judge', models.BooleanField(default=False)),
                    ('reason', models.TextField(blank=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('review', 'criterion'), name='one_score_per_criterion'), models.CheckConstraint(condition=models.Q(('value__isnull', True), ('value__range', (1, 5)), _connector='OR'), name='score_1_to_5')],
                },
            ),
            migrations.CreateModel(
                name='TeamQuestion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='questions', to='projects.proposal')),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('text', models.TextField(max_length=4000)),
                    ('answer', models.TextField(blank=True, max_length=4000)),
                    ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('answered_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['asked_at'],
                },
            ),
            migrations.CreateModel(
                name='Decision',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('proposal', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='decision', to='projects.proposal')),
                    ('outcome', models.CharField(choices=[('go', 'Go'), ('try', 'Try it for two weeks'), ('revise', 'Revise'), ('hold', 'Hold'), ('stop', 'Stop')], max_length=6)),
                    ('reasons', models.TextField(max_length=20000)),
                    ('dissent', models.TextField(blank=True, max_length=20000)),
                    ('hold_until', models.CharField(blank=True, max_length=200)),
                    ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('decided_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
            ),
            migrations.CreateModel(
                name='ReviewRules',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField(unique=True)),
                    ('weights', models.JSONField()),
                    ('floors', models.JSONField()),
                    ('reviews_wanted', models.PositiveSmallIntegerField()),
                    ('names_hidden', models.BooleanField()),
                    ('reason', models.TextField(max_length=2000)),
                    ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'ordering': ['-number'],
                },
            ),
            migrations.CreateModel(
                name='BreakGlass',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='glasses', to='projects.project')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('reason', models.TextField(max_length=2000)),
                    ('broken_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'ordering': ['-broken_at'],
                },
            ),
            migrations.CreateModel(
                name='Idea',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('x', models.CharField(max_length=200)),
                    ('y', models.CharField(max_length=200)),
                    ('problem', models.TextField(blank=True, max_length=2000)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ideas', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('is_demo', models.BooleanField(default=False)),
                    ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='ideas', to='projects.project')),
                    ('closed_at', models.DateTimeField(blank=True, null=True)),
                    ('backers', models.ManyToManyField(related_name='backed_ideas', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['-at'],
                },
            ),
            migrations.CreateModel(
                name='Notice',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to=settings.AUTH_USER_MODEL)),
                    ('kind', models.CharField(choices=[('assigned', 'you were assigned'), ('asked', 'someone asked you'), ('last_review', 'the last review is in'), ('decision', 'a decision was sent'), ('look_scored', 'a look was scored'), ('job_failed', 'your job failed'), ('reminder', 'something is due'), ('glass', 'somebody read past a conflict'), ('news', 'news')], max_length=11)),
                    ('words', models.CharField(max_length=300)),
                    ('page', models.CharField(max_length=300)),
                    ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='projects.project')),
                    ('key', models.CharField(blank=True, max_length=80)),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('read_at', models.DateTimeField(blank=True, null=True)),
                    ('mailed_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['-at', '-pk'],
                    'indexes': [models.Index(fields=['user', '-at'], name='projects_no_user_id_0e0694_idx')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('user', 'key'), name='one_notice_per_person_and_key')],
                },
            ),
            migrations.CreateModel(
                name='Mute',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mutes', to=settings.AUTH_USER_MODEL)),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mutes', to='projects.project')),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('user', 'project'), name='one_mute_per_person_and_project')],
                },
            ),
            migrations.CreateModel(
                name='ClassLink',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('title', models.CharField(max_length=100)),
                    ('address', models.URLField(max_length=300)),
                    ('note', models.CharField(blank=True, max_length=200)),
                    ('position', models.PositiveSmallIntegerField()),
                ],
                options={
                    'ordering': ['position'],
                },
            ),
            migrations.CreateModel(
                name='Grave',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='grave', to='projects.project')),
                    ('learned', models.TextField(max_length=4000)),
                    ('reopen_when', models.TextField(blank=True, max_length=2000)),
                    ('watch', models.CharField(blank=True, max_length=200)),
                    ('remind_on', models.DateField(blank=True, null=True)),
                    ('reminded_at', models.DateTimeField(blank=True, null=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'ordering': ['-at'],
                },
            ),
            migrations.CreateModel(
                name='Conflict',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='conflicts', to='projects.project')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='conflicts', to=settings.AUTH_USER_MODEL)),
                    ('kind', models.CharField(choices=[('benefits', 'benefits from the project'), ('manages', 'line manager of somebody in the team'), ('declared', 'declared it')], max_length=8)),
                    ('noted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('noted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'ordering': ['noted_at'],
                    'constraints': [models.UniqueConstraint(fields=('project', 'user'), name='one_conflict_per_project_and_person')],
                },
            ),
            migrations.CreateModel(
                name='ScoreChange',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('score', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='projects.score')),
                    ('value', models.PositiveSmallIntegerField(blank=True, null=True)),
                    ('reason', models.TextField(blank=True)),
                    ('why', models.TextField(max_length=4000)),
                    ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'ordering': ['changed_at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='Remark',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='remarks', to='projects.proposal')),
                    ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('text', models.TextField(max_length=4000)),
                    ('said_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'ordering': ['said_at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='TeamReply',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('proposal', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='reply', to='projects.proposal')),
                    ('text', models.TextField(max_length=8000)),
                    ('sent_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('sent_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
            ),
            migrations.CreateModel(
                name='PendingDecision',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('proposal', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='pending_decision', to='projects.proposal')),
                    ('outcome', models.CharField(choices=[('go', 'Go'), ('try', 'Try it for two weeks'), ('revise', 'Revise'), ('hold', 'Hold'), ('stop', 'Stop')], max_length=6)),
                    ('reasons', models.TextField(max_length=20000)),
                    ('dissent', models.TextField(blank=True, max_length=20000)),
                    ('hold_until', models.CharField(blank=True, max_length=200)),
                    ('letter', models.TextField(blank=True, max_length=20000)),
                    ('saved_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('saved_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
            ),
            migrations.CreateModel(
                name='AnswerText',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('answer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='texts', to='projects.answer')),
                    ('revision', models.PositiveIntegerField(blank=True, null=True)),
                    ('base', models.PositiveIntegerField(default=0)),
                    ('text', models.TextField(blank=True)),
                    ('choice', models.CharField(blank=True, max_length=20)),
                    ('ticks', models.JSONField(blank=True, default=list)),
                    ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'ordering': ['at', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('answer', 'revision'), name='one_text_per_revision')],
                },
            ),
            migrations.CreateModel(
                name='Plan',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='plans', to='projects.proposal')),
                    ('kind', models.CharField(choices=[('payoff', 'Payoff'), ('rails', 'Rails')], max_length=6)),
                    ('values', models.JSONField(default=dict)),
                    ('edited_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('edited_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('proposal', 'kind'), name='one_plan_per_kind')],
                },
            ),
            migrations.CreateModel(
                name='Attachment',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='projects.proposal')),
                    ('stored', models.UUIDField(default=uuid.uuid4, editable=False)),
                    ('name', models.CharField(max_length=120)),
                    ('kind', models.CharField(max_length=40)),
                    ('size', models.PositiveIntegerField()),
                    ('sha256', models.CharField(max_length=64)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('removed_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='Comment',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='projects.proposal')),
                    ('question', models.CharField(blank=True, max_length=2)),
                    ('text', models.TextField(max_length=4000)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('done_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['at', 'pk'],
                },
            ),
        ),
    ]
