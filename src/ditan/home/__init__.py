"""Home: what a customer's page reads, made for it: one question, one trip to the database.

In:   a customer's key, the ledger, the methodology, the clock.
Out:  nouns of the page: home, balls, acts, scenarios with what is used of their caps, equivalents, preferences, export.
Keeps nothing but how a customer wants to read the page (`home.preference`). Carbon and energy stand side by side in
every noun and are never added.
"""

from ditan.home.balls import Ball, Balls, BallState, owns_ball, read_balls
from ditan.home.garden import Goal, Stage, stages
from ditan.home.page import Home, read_home

__all__ = ["Ball", "BallState", "Balls", "Goal", "Home", "Stage", "owns_ball", "read_balls", "read_home", "stages"]
