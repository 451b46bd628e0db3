"""The precursor desk: what goods are and under whose law, what is said of a shipment before it leaves, whether it adds up."""
