"""One folder a desk; no desk imports another."""
