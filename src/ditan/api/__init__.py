"""The API: what the customer's page and the bank's systems ask over HTTP, `/v1`.

In:   requests with a bearer token of the bank's OIDC provider.
Out:  JSON of the product's own nouns; what cannot be done, as problem details in the reader's language.
Keeps INV-02 and INV-12 at its edge: a write is done once for each idempotency key, and acknowledged when it is durable.

One sub-package per audience, one module per noun: `customer`, `system`. Thin: find out who asks, call, answer.
"""
