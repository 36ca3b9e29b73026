"""The first stage: a bank's file comes in, canonical events go out.

In: CSV, JSON Lines or Parquet, plain, gzip or zstd, or the events of a call, and a mapping that says what the columns
mean (`mapping.load`).
Out, on the DuckDB connection of the batch: tables `accepted` (typed, keyed, one row per event), `rejected`,
`duplicate` and `conflict`, and one `Accepted` that counts them.

    mapping = load("canonical")
    for chunk in read(path, mapping):
        accepted = accept(duck, chunk, mapping, now=clock.now())

What a batch came to is kept by `recording`, its evidence by `archiving`, its refused rows by `rejections`.

Holds here: INV-01, every row that is read is accepted or has one code of `codes.Code`; INV-02 inside a chunk, an event
is there once; INV-13, a row with a card number in any field goes no further than its row number.
"""

from ditan.feed.accepting import accept
from ditan.feed.archiving import ARCHIVE, Prepared, intact, prepare, publish, recover, write_manifests
from ditan.feed.calls import as_lines, read_lines
from ditan.feed.chunks import Chunk
from ditan.feed.codes import MESSAGES, Code
from ditan.feed.engine import ENGINE
from ditan.feed.mapping import Mapping, load, names
from ditan.feed.parting import part
from ditan.feed.reading import Progress, read
from ditan.feed.recording import Origin, Stored, evidence_files, next_batch, record_batch, record_rejections
from ditan.feed.rejections import Rejects
from ditan.feed.streams import digest, is_packed

__all__ = [
    "ARCHIVE",
    "ENGINE",
    "MESSAGES",
    "Chunk",
    "Code",
    "Mapping",
    "Origin",
    "Prepared",
    "Progress",
    "Rejects",
    "Stored",
    "accept",
    "as_lines",
    "digest",
    "evidence_files",
    "intact",
    "is_packed",
    "load",
    "names",
    "next_batch",
    "part",
    "prepare",
    "publish",
    "read",
    "read_lines",
    "record_batch",
    "record_rejections",
    "recover",
    "write_manifests",
]
