"""Full-text search over choices with their options and stances, decisions and exhibits, as lines have it since 0006."""

from importlib import import_module

from django.db import migrations

# Columns are texts that never are NULL.
INDEXED = {
    "converse_choice": ("question",),
    "converse_option": ("words", "costs"),
    "converse_stance": ("reason", "answer"),
    "converse_decision": ("chosen", "because", "instead_of", "despite"),
    "converse_exhibit": ("title", "note"),
}


def add_search(apps, schema_editor):
    import_module("interlock.converse.migrations.0006_search").add_search(apps, schema_editor, INDEXED)
    if schema_editor.connection.vendor == "postgresql":  # why so many: 0013
        for table in INDEXED:
            schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN found_by SET STATISTICS 1000")


def remove_search(apps, schema_editor):
    import_module("interlock.converse.migrations.0006_search").remove_search(apps, schema_editor, INDEXED)


class Migration(migrations.Migration):
    dependencies = [("converse", "0022_monthly_readers")]
    operations = [migrations.RunPython(add_search, remove_search)]
