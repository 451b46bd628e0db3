"""One dispatch from draft to receipt, a step a file; path.py is the front door."""
