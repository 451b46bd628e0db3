"""Two whole nodes in one process with a virtual clock and a network and a disk that fail on purpose."""
