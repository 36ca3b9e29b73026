"""Imported once by the process that clients are forked from, so that a client is there in milliseconds."""

from tests.crash import client
from tests.simulation.running import compiled

compiled()
main = client.main
