"""The seal, the signatures of instruments, keys. Primitives come from the cryptography library, never from here."""
