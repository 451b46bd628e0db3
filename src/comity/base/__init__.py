"""What every floor uses: identifiers, canonical bytes, hashes, errors. It knows nothing above it."""
