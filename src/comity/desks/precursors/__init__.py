"""The precursor desk: what chemicals are, what is said of a shipment before it leaves, and whether the quantities add up."""
