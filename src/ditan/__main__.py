"""`python -m ditan` is `ditan`."""

from ditan.cli import main

main()
