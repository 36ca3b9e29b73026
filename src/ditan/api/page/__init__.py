"""The customer's page and the console: built files (`files`), given out with what a browser must know (`routes`)."""
