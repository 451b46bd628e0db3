"""How the scan reads text: folding, check digits, phrases. `comity.marking.scan` is the front door."""
