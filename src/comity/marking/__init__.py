"""Handling labels and the closed word lists; finding what a text contains."""
