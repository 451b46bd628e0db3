"""Screening: is this a substance that a law controls, whose law, and since when.

The rule it keeps: nothing here reads a file, a clock or chance; the list is data with its edition. Only `structure`, `classes`,
`similar` and `screen` need rdkit, an optional extra; `book`, `status`, `names`, `cas`, `codes` and `verdict` do without.
"""
