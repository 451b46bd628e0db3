"""The desk of the shared workplan."""
