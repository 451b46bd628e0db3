"""The precursor desk: what chemicals are, under whose law they stand, and what is said of a shipment before it leaves."""
