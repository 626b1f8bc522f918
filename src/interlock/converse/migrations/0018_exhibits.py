import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('converse', '0017_calendars'),
        ('fabric', '0008_people_and_sides'),
    ]

    operations = [
        migrations.CreateModel(
            name='Exhibit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=300)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('columns', models.JSONField()),
                ('rows', models.JSONField()),
                ('left_out', models.PositiveIntegerField(default=0)),
                ('address', models.CharField(max_length=500)),
                ('seen_at', models.DateTimeField()),
                ('sha256', models.CharField(max_length=64)),
                ('audience', models.CharField(choices=[('staff', 'Staff only'), ('partner', 'Staff and shop'), ('customer', 'Customer reads this')], default='staff', editable=False, max_length=8)),
                ('attached_at', models.DateTimeField()),
                ('attached_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fabric.person')),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exhibits', to='converse.conversation')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('conversation', 'sha256'), name='exhibit_once')],
            },
        ),
    ]
