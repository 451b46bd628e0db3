"""Sockets, files, processes, clocks: what touches the machine."""
