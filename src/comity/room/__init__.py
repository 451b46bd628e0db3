"""The restricted room: a log of blinded leaves, notes that only named persons can read, and proofs of them."""
