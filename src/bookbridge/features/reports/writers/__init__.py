"""Files for spreadsheets and programs: each writer gives the bytes of a ``Sheet`` piece by piece, in bounded memory."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bookbridge.features.reports.frame import Sheet
from bookbridge.features.reports.writers import csvfile, jsonlines, xlsx


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: the end of its name, its media type, and what writes it."""

    suffix: str
    media_type: str
    write: Callable[[Sheet], Iterator[bytes]]


FORMATS: Mapping[str, Format] = {
    "csv": Format("csv", "text/csv; charset=utf-8", csvfile.write),
    "xlsx": Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx.write),
    "jsonl": Format("jsonl", "application/x-ndjson", jsonlines.write),
}
"""Every file format."""
