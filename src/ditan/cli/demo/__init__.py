"""`ditan demo`: a bank's quarter, from nothing to a statement, an operator's table, an auditor's proof and a page.

- `command`: the command and what it prints.
- `days`: the quarter, day by day: payments come in by night, customers collect in the morning.
- `visitors`: the customers to sign in as.
"""

from ditan.cli.demo.command import demo

__all__ = ["demo"]
