from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("converse", "0014_mail_replies")]

    operations = [
        migrations.CreateModel(
            name="Widget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sites", models.JSONField(default=list, help_text="origins that may show it, such as https://example.com")),
                ("sealed_key", models.TextField(blank=True, help_text="signs who a reader is; empty: nobody is known")),
                ("key_made_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
    ]
