import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('converse', '0015_widget'),
        ('fabric', '0007_no_mail'),
    ]

    operations = [
        migrations.AddField(
            model_name='decision',
            name='corrects',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='corrected_by', to='converse.decision'),
        ),
        migrations.AddField(
            model_name='decision',
            name='despite',
            field=models.CharField(blank=True, help_text='why, though objections were unanswered; read by staff', max_length=500),
        ),
        migrations.AddField(
            model_name='decision',
            name='is_no',
            field=models.BooleanField(default=False, help_text='what customers ask for is not done'),
        ),
        migrations.AddField(
            model_name='decision',
            name='taken_back_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='decision',
            name='taken_back_because',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='decision',
            name='taken_back_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fabric.person'),
        ),
        migrations.AlterField(
            model_name='decision',
            name='instead_of',
            field=models.TextField(blank=True, max_length=4000),
        ),
        migrations.CreateModel(
            name='Choice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.CharField(max_length=500)),
                ('audience', models.CharField(choices=[('staff', 'Staff only'), ('partner', 'Staff and shop'), ('customer', 'Customer reads this')], default='staff', max_length=8)),
                ('asked_at', models.DateTimeField()),
                ('left_at', models.DateTimeField(blank=True, null=True)),
                ('left_because', models.CharField(blank=True, max_length=500)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fabric.person')),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='choices', to='converse.conversation')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Asked',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('function', models.CharField(blank=True, choices=[('customer', 'Customers'), ('sales', 'Sales'), ('marketing', 'Marketing'), ('product', 'Product'), ('production', 'Production'), ('operations', 'Operations'), ('service', 'Service'), ('finance', 'Finance'), ('legal', 'Legal'), ('people', 'People'), ('partner', 'Partners'), ('rival', 'Rivals')], max_length=20)),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fabric.person')),
                ('choice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asked', to='converse.choice')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Option',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.CharField(max_length=300)),
                ('costs', models.CharField(blank=True, max_length=300)),
                ('brought_at', models.DateTimeField()),
                ('brought_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fabric.person')),
                ('choice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='options', to='converse.choice')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Ground',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('signal_key', models.CharField(blank=True, db_index=True, max_length=400)),
                ('link', models.URLField(blank=True, help_text='https, outside of Interlock; nobody has checked it', max_length=500)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('audience', models.CharField(choices=[('staff', 'Staff only'), ('partner', 'Staff and shop'), ('customer', 'Customer reads this')], default='staff', editable=False, max_length=8)),
                ('added_at', models.DateTimeField()),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fabric.person')),
                ('option', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grounds', to='converse.option')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='decision',
            name='option',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='converse.option'),
        ),
        migrations.CreateModel(
            name='Stance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('consents', models.BooleanField()),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('audience', models.CharField(choices=[('staff', 'Staff only'), ('partner', 'Staff and shop'), ('customer', 'Customer reads this')], default='staff', max_length=8)),
                ('at', models.DateTimeField()),
                ('answer', models.CharField(blank=True, max_length=500)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fabric.person')),
                ('option', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stances', to='converse.option')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fabric.person')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
    ]
