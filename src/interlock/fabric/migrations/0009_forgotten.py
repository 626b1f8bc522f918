from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("fabric", "0008_people_and_sides")]

    operations = [
        migrations.CreateModel(
            name="Forgotten",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("mark", models.CharField(max_length=64, unique=True)),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
