"""Reading an edition as formulas: what its rules can never do, and what an amendment newly does. Above policy, pure."""
