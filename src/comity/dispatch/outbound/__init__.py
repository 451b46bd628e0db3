"""The sender's steps: compose, label, clear, release, seal, commit."""
