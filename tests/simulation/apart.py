"""A node that does one thing in a transaction, for faults that are planted in what it takes or says."""

from __future__ import annotations

from comity.node.node import Node


class Apart(Node):
    """Does one thing in a transaction, so that a fault planted in `submit`, `take` or `speak` is in each."""

    def submit_and_speak(self, forms, now):
        return self.submit(forms, now), None

    def take_and_speak(self, data, now, **_):
        return self.take(data, now), None
