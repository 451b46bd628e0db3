"""The law gate: a question in, a verdict with its reasons out. An error never permits."""
