"""Shipped test tools: the synthetic bank, ready-made events, and the story runner.

One seeded maker feeds the demo, the docs, the tests and the benchmark. Nothing here asks Ditan what it thinks of an
event: the truth is what the generator, or the author of a story, meant.
"""
