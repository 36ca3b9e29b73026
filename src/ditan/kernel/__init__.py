"""What everything stands on: units, ids, the clock, limits, errors, invariants, settings, logging.

Nothing here imports the rest of Ditan, and nothing here knows a bank or a database.
"""
