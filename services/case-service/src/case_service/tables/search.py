"""By which words a case is found: numbers that stand for stems, never a word."""

from typing import Final

from sqlalchemy import BigInteger, Column, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from case_service.tables.base import metadata

case_words: Final = Table(
    "case_words",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("blinded_by", Text, nullable=False),
    Column("words", ARRAY(BigInteger), nullable=False),
)
"""The blinded stems of each text of a case, by which they are taken back when it is written anew or erased."""

case_word: Final = Table(
    "case_word",
    metadata,
    Column("word", BigInteger, primary_key=True),
    Column("case_id", Uuid, primary_key=True),
)
"""The same the other way round, for an index to find cases by a word in their order; a trigger keeps it."""
