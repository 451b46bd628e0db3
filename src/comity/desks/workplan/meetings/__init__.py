"""The meetings in which the workplan is reviewed: agenda, minutes, decisions."""
