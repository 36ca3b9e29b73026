"""`ditan demo`: a bank's quarter, from nothing to a statement, an operator's table, an auditor's proof and a page.

- `command`: the command and what it prints.
- `days`: the quarter, day by day: payments come in by night, customers collect in the morning.
- `market`: what customers make of their energy meanwhile: orders, plantings, donations.
- `office`: the staff closes the books, and some things wait for a second person.
- `visitors`: the customers to sign in as.
- `crew`: the worker and the partners that live as long as the page is served.
"""

from ditan.cli.demo.command import demo

__all__ = ["demo"]
