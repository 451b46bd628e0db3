"""RFC 6962 trees, C2SP tiles, notes, checkpoints, cosignatures and proofs. It knows nothing of dispatches."""
