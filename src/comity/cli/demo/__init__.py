"""The demo: two nodes on this machine, one day at the border, and the attacks on it."""
