"""The customer's page: its built files (`files`), given out with what a browser must know about them (`routes`)."""
