"""What a reader asks of the plan: the one in force, its history, what it produced."""
