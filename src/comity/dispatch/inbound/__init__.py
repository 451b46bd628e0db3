"""The receiver's steps: unseal, verify, admit, record."""
