"""`make bench-api`: how fast the first page is beside the least that the same server can do, a SELECT of one row.

- `serving`: the server measured: the shipped application, plus the bare route beside it.
- `asking`: 32 connections that ask and wait, and what they saw.
- `gate`: before anything is timed, the page says of each customer what the ledger says.
"""
