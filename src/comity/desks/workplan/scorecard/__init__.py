"""The scorecard: what both logs prove about a period, computed by each side alone and compared leaf by leaf."""
