"""The demonstration: the data of an accord and of its day, read into types."""
