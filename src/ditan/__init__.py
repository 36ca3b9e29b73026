"""Ditan, the personal carbon account a bank can run: every gram explained, every gram provable."""
