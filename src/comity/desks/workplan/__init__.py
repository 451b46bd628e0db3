"""The workplan desk: the plan that both sides signed, how it changes, what was done; its meetings and its scorecard."""
