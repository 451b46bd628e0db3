"""The scorecard that both sides compute from both logs."""
