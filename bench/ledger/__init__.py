"""`make bench-ledger`: how fast the ledger is beside what PostgreSQL itself can do on the same machine in the same run.

Every figure is a ratio to a plain PostgreSQL operation, taken in turn with it. Before anything is timed, a small ledger
must equal the reference model's, row by row: nobody speeds up the wrong thing.
"""
