"""The columns of a list of cases that is handed out, as the kit's forms write them."""

from typing import Any, Final

from forkant_kit.table_forms import Kind, TableColumn
from sqlalchemy import Boolean, Column, Date, Integer, Label
from sqlalchemy.dialects.postgresql import TIMESTAMP

from case_service.queries.listing import EXPORTED


def _kind(column: Column[Any] | Label[Any]) -> Kind:
    match column.type:
        case Boolean():
            return Kind.BOOLEAN
        case Integer():
            return Kind.INTEGER
        case TIMESTAMP():
            return Kind.MOMENT
        case Date():
            return Kind.DAY
    return Kind.TEXT


COLUMNS: Final = tuple(TableColumn(str(column.name), _kind(column)) for column in EXPORTED)
NAMES: Final = tuple(column.name for column in COLUMNS)
