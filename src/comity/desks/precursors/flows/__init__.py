"""Does it add up: ledgers per substance and licence holder, and what consignments do beside one another; pure arithmetic."""
