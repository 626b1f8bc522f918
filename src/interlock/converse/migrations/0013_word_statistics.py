"""Let PostgreSQL know the 10,000 most frequent words of each table instead of 1,000.

A word it does not know is guessed to be half as frequent as the rarest it knows. With 1,000 words known a word that
nobody wrote counted as 917 of a million lines, and all lines were walked in search of 31: 387 ms instead of 0.1 ms.
"""

from django.db import migrations

SEARCHED = ("converse_message", "converse_reply", "converse_post", "converse_conversation")


def know_words(target):
    def alter(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            for table in SEARCHED:
                schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN found_by SET STATISTICS {target}")

    return alter


class Migration(migrations.Migration):
    dependencies = [("converse", "0012_notices")]
    operations = [migrations.RunPython(know_words(1000), know_words(-1))]
