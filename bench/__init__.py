"""Benchmarks: one canonical workload, fixed seed, ratios measured side by side in one run, losers printed too.

On paper first: 122 million customers with a card payment a day are 1,400 events a second on average and about 7,000 at
peak; one in ten is green. So a machine that takes 100,000 events a second end to end holds the whole bank.
"""
