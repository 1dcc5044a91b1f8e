"""Writing files that hold customers' data: private to their owner, and never half of one under its name."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bookbridge.cli.output import Common, emit
from bookbridge.kernel.errors import InvalidInputError

if TYPE_CHECKING:
    from bookbridge.features.reports.actions import Download


def save(common: Common, file: "Download", output: Path | None, /) -> None:
    """Write a download to ``output``, to stdout for ``-``, else to its own name in this folder.

    Raises:
        InvalidInputError: it cannot be written there.
    """
    if output is not None and str(output) == "-":
        if sys.stdout.isatty() and not file.is_text:
            raise InvalidInputError("A terminal cannot show this file.", field="--output", remedy="Name a file.")
        for piece in file.pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    target = output or Path(file.filename)
    size = _write(target, file.pieces)
    emit(common, {"file": str(target), "bytes": size}, text=f"Wrote {target} ({size:,} bytes).")


def _write(target: Path, pieces: Iterator[bytes]) -> int:
    """Write beside the target and put it in its place when it is whole."""
    part = target.with_name(f".{target.name}.part")
    size = 0
    try:
        with suppress(FileNotFoundError):
            part.unlink()
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as sink:
            for piece in pieces:
                size += sink.write(piece)
            sink.flush()
            os.fsync(sink.fileno())
        part.replace(target)
    except OSError as error:
        raise InvalidInputError(
            f"{target} cannot be written: {error.strerror}.", field="--output", remedy="Name another --output."
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return size
