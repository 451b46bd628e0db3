"""What a node does not need is not loaded when it starts; each such library would cost every start a tenth or so."""

from __future__ import annotations

import subprocess
import sys

NOT_NEEDED = ("authlib", "joserfc", "httpx", "pydantic", "rdkit", "sklearn", "z3", "typst", "webauthn", "rich")
PROGRAM = """
import sys
from comity.cli import node
from comity.edge import running
from comity.web import app, screens
app.Router(route_handlers=[], openapi_config=None, logging_config=None)
print(*sorted({one.partition(".")[0] for one in sys.modules}))
"""


def test_a_node_loads_only_what_it_needs():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert {"comity", "litestar", "uvicorn", "cedarpy"} <= set(loaded)
    assert not set(loaded) & set(NOT_NEEDED)
