"""Two rows in every table that an archive holds, with values that are easily lost on the way, and small records.

Run in an installation's own process: `python everything.py fill`, `archive FILE`, `restore FILE`.
"""

from __future__ import annotations

import sys
import uuid
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

AT = datetime(2026, 11, 22, 9, 30, 15, 123456, tzinfo=UTC)
ODD = '={}+1 \'Größe\n"x", \\ 😀 ‮ <b>'
SEAL = "gAAAAABn" + "x" * 100
# Columns that are sealed and called like others that are not.
SEALED = {("fabric.Chat", "address")}


def fill() -> None:
    from django.db import models, transaction

    from interlock.fabric import journal, records
    from interlock.fabric.archive.tables import archived_models
    from interlock.fabric.models import Company

    made: dict[type[models.Model], list[models.Model]] = {}
    left = [
        model
        for model in archived_models()
        if model._meta.label not in {"fabric.JournalEntry", "fabric.JournalHead"}
    ]
    with transaction.atomic():
        while left:
            ready = [model for model in left if _needed(model, nullable=True) <= set(made)] or [
                model for model in left if _needed(model, nullable=False) <= set(made)
            ]
            assert ready, left
            for model in ready:
                made[model] = [_row(model, number, made) for number in range(2)]
                left.remove(model)
        for company in Company.objects.all():
            journal.note(actor=None, verb="made", about=company, at=AT, detail={"odd": ODD, "n": 1.5})
    with records.lake().writing(batch_id="b1", source_id="s1") as write:
        write.upsert("accounts", pa.table({"account_id": ["a1"], "name": [ODD]}))
    picture = records.lake().root.parent / "pictures" / "ab" / "abc.webp"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"\0picture")


def _needed(model: Any, *, nullable: bool) -> set[Any]:
    return {
        field.related_model
        for field in model._meta.concrete_fields
        if field.is_relation and (nullable or not field.null) and field.related_model is not model
    }


def _row(model: Any, number: int, made: dict[Any, list[Any]]) -> Any:
    values = {
        field.attname: _value(field, number, made)
        for field in model._meta.concrete_fields
        if not _is_auto(field)
    }
    may_lack = {field.name for field in model._meta.concrete_fields if field.null}
    if {"post", "reply"} <= may_lack:  # of one or the other
        values["reply_id" if number else "post_id"] = None
    row = model(**values)
    row.save(force_insert=True)
    return row


def _is_auto(field: Any) -> bool:
    return field.get_internal_type() in {"AutoField", "BigAutoField"}


def _value(field: Any, number: int, made: dict[Any, list[Any]]) -> Any:
    if field.is_relation:
        others = made.get(field.related_model)
        return getattr(others[number], field.target_field.attname) if others else None
    if field.choices and not field.has_default():
        return field.choices[number][0]
    kind = field.get_internal_type()
    if kind in {"CharField", "TextField", "SlugField", "EmailField"}:
        if field.name in {"secrets", "webhook"} or (field.model._meta.label, field.name) in SEALED:
            return SEAL
        text = (
            f"{field.name[:3]}-{number}"
            if field.unique or kind in {"SlugField", "EmailField"} or field.choices
            else ODD.format(number)
        )
        return field.default if field.choices and field.has_default() else text[: field.max_length]
    return _OF_KIND[kind](field, number)


def _whole(field: Any, number: int) -> int:
    return field.get_default() if field.has_default() and not field.primary_key else number + 1


_OF_KIND = {
    **dict.fromkeys(
        ("IntegerField", "PositiveIntegerField", "PositiveSmallIntegerField", "BigIntegerField",
         "PositiveBigIntegerField", "SmallIntegerField"),
        _whole,
    ),
    "FloatField": lambda field, number: 0.1 + number,
    "BooleanField": lambda field, number: bool(number),
    "JSONField": lambda field, number: {"list": [1, "é", None, 0.1], "odd": ODD} if number else field.get_default() or {},
    "DateTimeField": lambda field, number: AT,
    "DateField": lambda field, number: date(2026, 11, 22),
    "TimeField": lambda field, number: time(9, 30, 1),
    "DecimalField": lambda field, number: Decimal("12.34"),
    "BinaryField": lambda field, number: b"\x00\xff\x10binary",
    "UUIDField": lambda field, number: uuid.UUID(int=number + 1),
}  # fmt: skip


def main() -> None:
    import django

    django.setup()
    from django.utils import timezone

    from interlock.cli.serving import prepare_database
    from interlock.fabric.archive.restoring import restore_archive
    from interlock.fabric.archive.writing import write_archive

    prepare_database()
    for what, file in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        if what == "fill":
            fill()
        elif what == "restore":
            restore_archive(Path(file))
        else:
            write_archive(Path(file), now=timezone.now())


if __name__ == "__main__":
    main()
