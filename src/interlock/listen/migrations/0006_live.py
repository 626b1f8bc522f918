"""Live sources: what comes in without an import, clocks, answers. SQLite remakes listen_signal for new columns,
which drops the triggers of its search index, so they are made again at the end."""

from importlib import import_module

import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.db import migrations, models


def make_triggers_again(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        search = import_module("interlock.listen.migrations.0002_search")
        for statement in search.SQLITE:
            if statement.startswith("CREATE TRIGGER"):
                schema_editor.execute(statement.replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS"))


class Migration(migrations.Migration):

    dependencies = [
        ('fabric', '0004_live'),
        ('listen', '0005_one_index_for_filters'),
    ]

    operations = [
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('text', models.TextField()),
                ('made_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('draft', 'draft'), ('waiting', 'waiting to be sent'), ('sending', 'being sent'), ('sent', 'sent'), ('doubtful', 'perhaps sent; somebody must look'), ('failed', 'could not be sent'), ('by_hand', 'to be sent by hand')], default='draft', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('try_at', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('foreign_id', models.CharField(blank=True, help_text='what the other system calls it', max_length=400)),
                ('error', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='AnsweredSignal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('signal_key', models.CharField(db_index=True, max_length=400)),
            ],
        ),
        migrations.CreateModel(
            name='Arrival',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, help_text='no record joins it any more', null=True)),
                ('flushed_at', models.DateTimeField(blank=True, help_text='its records are in the lake', null=True)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('received', models.BigIntegerField(default=0)),
                ('stored', models.BigIntegerField(default=0)),
                ('updated', models.BigIntegerField(default=0, help_text='those of the stored whose key was known')),
                ('duplicate', models.BigIntegerField(default=0)),
                ('refused', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('signal_key', models.CharField(max_length=400, unique=True)),
                ('stage', models.CharField(choices=[('received', 'received'), ('understood', 'understood'), ('acknowledged', 'acknowledged'), ('answered', 'answered'), ('acted', 'acted on'), ('closed_confirmed', 'closed, confirmed by the customer'), ('closed_silent', 'closed, the customer was silent'), ('reopened', 'opened again'), ('duplicate', 'a duplicate'), ('spam', 'spam'), ('erased', 'erased')], default='received', max_length=20)),
                ('customer', models.CharField(blank=True, help_text='account or contact, as `account:KEY`', max_length=420)),
                ('opened_at', models.DateTimeField(help_text='when the customer spoke')),
                ('due_at', models.DateTimeField()),
                ('urgency', models.PositiveSmallIntegerField(default=0, help_text='1: failed again; jumps the queue')),
                ('because', models.CharField(blank=True, help_text='why it is urgent, as a sentence', max_length=300)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('escalated_at', models.DateTimeField(blank=True, null=True)),
                ('stopped_at', models.DateTimeField(blank=True, help_text='answered, or needs none', null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='InboxRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(help_text='a table of the contract', max_length=20)),
                ('key', models.CharField(max_length=400)),
                ('digest', models.UUIDField(help_text='of the payload: the same digest again is a duplicate')),
                ('received_at', models.DateTimeField()),
                ('payload', models.TextField(blank=True, help_text='JSON, columns of the contract')),
                ('settled', models.BooleanField(default=False)),
                ('flushed', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='RefusedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('place', models.CharField(help_text='where it stood: position, message id, page', max_length=200)),
                ('field', models.CharField(blank=True, max_length=60)),
                ('reason', models.CharField(max_length=400)),
                ('payload', models.TextField(blank=True, help_text='what came, cut at 64,000 characters')),
            ],
        ),
        migrations.CreateModel(
            name='ReplyRoute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('signal_key', models.CharField(max_length=400, unique=True)),
                ('address', models.CharField(blank=True, help_text='mail address, where there is one', max_length=400)),
                ('thread', models.CharField(blank=True, db_index=True, help_text='the talk it belongs to', max_length=400)),
                ('detail', models.JSONField(default=dict, help_text='what the connector needs to answer: message or ticket id')),
            ],
        ),
        migrations.AddField(
            model_name='signal',
            name='contact_key',
            field=models.CharField(blank=True, max_length=400),
        ),
        migrations.AddField(
            model_name='signal',
            name='in_records',
            field=models.BooleanField(db_default=True, default=True, help_text='false: it came in live and is not in the lake yet'),
        ),
        migrations.AddField(
            model_name='signal',
            name='received_at',
            field=models.DateTimeField(blank=True, help_text='when it came in live; empty: it came with an import', null=True),
        ),
        migrations.AddField(
            model_name='source',
            name='answer_hours',
            field=models.PositiveIntegerField(blank=True, help_text='hours within which its customers are answered; empty: by kind', null=True),
        ),
        migrations.AddField(
            model_name='source',
            name='ask_at',
            field=models.DateTimeField(blank=True, help_text='when it is asked next', null=True),
        ),
        migrations.AddField(
            model_name='source',
            name='ask_every',
            field=models.PositiveIntegerField(blank=True, help_text='seconds; empty: never asked', null=True),
        ),
        migrations.AddField(
            model_name='source',
            name='asked_by',
            field=models.CharField(blank=True, help_text='the worker that asks it now', max_length=64),
        ),
        migrations.AddField(
            model_name='source',
            name='asked_until',
            field=models.DateTimeField(blank=True, help_text='until then nobody else asks it', null=True),
        ),
        migrations.AddField(
            model_name='source',
            name='connection',
            field=models.JSONField(default=dict, help_text="answers to the connector's fields, none secret"),
        ),
        migrations.AddField(
            model_name='source',
            name='cursor',
            field=models.TextField(blank=True, help_text='where the next asking goes on; opaque to all but the connector'),
        ),
        migrations.AddField(
            model_name='source',
            name='duplicate',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='source',
            name='error',
            field=models.TextField(blank=True, help_text='what went wrong last, as a sentence; empty when all is well'),
        ),
        migrations.AddField(
            model_name='source',
            name='failures',
            field=models.PositiveIntegerField(default=0, help_text='failed askings in a row'),
        ),
        migrations.AddField(
            model_name='source',
            name='freshness_limit',
            field=models.PositiveIntegerField(blank=True, help_text='seconds without a signal that are too many; empty: learnt', null=True),
        ),
        migrations.AddField(
            model_name='source',
            name='last_ok_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='source',
            name='last_signal_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='source',
            name='last_tried_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='source',
            name='paused_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='source',
            name='purpose',
            field=models.TextField(blank=True, help_text='why the company collects this; shown to those who ask'),
        ),
        migrations.AddField(
            model_name='source',
            name='received',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='source',
            name='refused',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='source',
            name='secrets',
            field=models.TextField(blank=True, help_text='the secret answers, encrypted'),
        ),
        migrations.AddField(
            model_name='source',
            name='stored',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='source',
            name='token',
            field=models.OneToOneField(blank=True, help_text='the key by which a pushing source is known', null=True, on_delete=django.db.models.deletion.PROTECT, to='fabric.apitoken'),
        ),
        migrations.AlterField(
            model_name='source',
            name='kind',
            field=models.CharField(default='files', max_length=40),
        ),
        migrations.AddIndex(
            model_name='signal',
            index=models.Index(condition=models.Q(('contact_key', ''), _negated=True), fields=['contact_key', '-occurred_at', '-id'], name='signal_contact'),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(('received', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('stored'), '+', models.F('duplicate')), '+', models.F('refused')))), name='source_adds_up'),
        ),
        migrations.AddField(
            model_name='answer',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='fabric.person'),
        ),
        migrations.AddField(
            model_name='answer',
            name='drafted_from',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='listen.answer'),
        ),
        migrations.AddField(
            model_name='answer',
            name='source',
            field=models.ForeignKey(help_text='the channel it goes out by', null=True, on_delete=django.db.models.deletion.PROTECT, to='listen.source'),
        ),
        migrations.AddField(
            model_name='answeredsignal',
            name='answer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='signals', to='listen.answer'),
        ),
        migrations.AddField(
            model_name='arrival',
            name='by',
            field=models.ForeignKey(blank=True, help_text='who captured or undid it', null=True, on_delete=django.db.models.deletion.PROTECT, to='fabric.person'),
        ),
        migrations.AddField(
            model_name='arrival',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='arrivals', to='listen.source'),
        ),
        migrations.AddField(
            model_name='clock',
            name='escalated_to',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fabric.person'),
        ),
        migrations.AddField(
            model_name='clock',
            name='owner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='fabric.person'),
        ),
        migrations.AddField(
            model_name='inboxrow',
            name='arrival',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='listen.arrival'),
        ),
        migrations.AddField(
            model_name='inboxrow',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='listen.source'),
        ),
        migrations.AddField(
            model_name='refusedrow',
            name='arrival',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refusals', to='listen.arrival'),
        ),
        migrations.AddField(
            model_name='replyroute',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='listen.source'),
        ),
        migrations.AddIndex(
            model_name='answer',
            index=models.Index(condition=models.Q(('state__in', ['waiting', 'sending'])), fields=['try_at'], name='answer_to_send'),
        ),
        migrations.AddConstraint(
            model_name='answeredsignal',
            constraint=models.UniqueConstraint(fields=('answer', 'signal_key'), name='answered_once'),
        ),
        migrations.AddIndex(
            model_name='arrival',
            index=models.Index(fields=['source', '-id'], name='arrival_of_source'),
        ),
        migrations.AddConstraint(
            model_name='arrival',
            constraint=models.CheckConstraint(condition=models.Q(('received', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('stored'), '+', models.F('duplicate')), '+', models.F('refused')))), name='arrival_adds_up'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('stopped_at', None)), fields=['-urgency', 'due_at', 'id'], name='clock_queue'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(fields=['customer', '-opened_at'], name='clock_customer'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('stopped_at', None)), fields=['owner', 'due_at'], name='clock_owner'),
        ),
        migrations.AddIndex(
            model_name='inboxrow',
            index=models.Index(condition=models.Q(('settled', False)), fields=['id'], name='inbox_unsettled'),
        ),
        migrations.AddIndex(
            model_name='inboxrow',
            index=models.Index(condition=models.Q(('flushed', False)), fields=['source', 'id'], name='inbox_unflushed'),
        ),
        migrations.AddConstraint(
            model_name='inboxrow',
            constraint=models.UniqueConstraint(fields=('source', 'table', 'key'), name='inbox_once'),
        ),
        migrations.RunPython(make_triggers_again, make_triggers_again),
    ]
