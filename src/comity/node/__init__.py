"""One party's node without sockets or files: logs, exchange, link, ceremony, manifests."""
