"""The rows behind a number: both systems side by side, in pages, in any order, and as a file."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.export import csv_bytes
from interlock.fabric.numbers import number_of
from interlock.reconnect import queries, record_rows
from interlock.reconnect.errors import RowsGone
from interlock.reconnect.models import Disconnect
from interlock.reconnect.record_rows import SELECTIONS, RowPage


@require_GET
@needs(Act.READ)
def rows(request: HttpRequest, disconnect_id: int, selection: str) -> HttpResponse:
    """One page of the rows, as they were when the disconnect was found."""
    found = _found(request, disconnect_id, selection)
    sort = request.GET.get("sort", "")
    number = max(1, min(number_of(request.GET.get("page", "")) or 1, 100_000))
    descending = sort.startswith("-")
    try:
        read = record_rows.row_page(
            found,
            selection,
            reader=person_of(request),
            page=number,
            sort=sort.removeprefix("-"),
            descending=descending,
        )
    except RowsGone as error:
        context = {"disconnect": found, "selection": selection, "refused": str(error)}
        return render(request, "reconnect/rows.html", context, status=410)
    context = {
        "disconnect": found,
        "selection": selection,
        "read": read,
        "columns": _columns(read),
        "later": _address(sort, number + 1) if read.last < read.total else "",
        "earlier": _address(sort, number - 1) if number > 1 else "",
        "note": _("rows %(first)s to %(last)s of %(total)s")
        % {"first": read.first, "last": read.last, "total": read.total},
        "may_download": may(person_of(request), Act.DOWNLOAD),
    }
    return render(request, "reconnect/rows.html", context)


@require_GET
@needs(Act.DOWNLOAD)
def rows_file(request: HttpRequest, disconnect_id: int, selection: str) -> HttpResponse:
    """All columns and rows of a selection as CSV."""
    found = _found(request, disconnect_id, selection)
    try:
        columns, content = record_rows.all_rows(found, selection, person_of(request))
    except RowsGone as error:
        return HttpResponse(str(error), status=410, content_type="text/plain; charset=utf-8")
    response = HttpResponse(csv_bytes(columns, content), content_type="text/csv; charset=utf-8")
    name = f"disconnect-{found.pk}-{selection}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _found(request: HttpRequest, disconnect_id: int, selection: str) -> Disconnect:
    if selection not in SELECTIONS:
        raise Http404
    return get_object_or_404(queries.disconnects_visible_to(person_of(request)), pk=disconnect_id)


def _columns(read: RowPage) -> list[dict[str, object]]:
    """The columns as the evidence table takes them, each heading ordering the rows by itself."""
    columns = []
    for column in read.columns:
        sorted_by = column.name == read.sort
        direction = "" if not sorted_by or read.descending else "-"
        columns.append(
            {
                "label": column.label,
                "kind": column.kind,
                "side": column.starts,
                "sort_url": _address(f"{direction}{column.name}", 1),
                "sorted": ("descending" if read.descending else "ascending") if sorted_by else "",
            }
        )
    return columns


def _address(sort: str, page: int) -> str:
    return f"?{urlencode({'sort': sort, 'page': page})}" if sort else f"?{urlencode({'page': page})}"
