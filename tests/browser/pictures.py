"""A screenshot as a small PNG: at most 256 colours, the rest taken to the nearest; the browser itself counts them."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path

from playwright.sync_api import Page

MOST = 256
_COUNT = """async ([source, most]) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  const { data } = pen.getImageData(0, 0, image.width, image.height), size = image.width * image.height;
  const seen = new Map(), at = (n) => (data[4 * n] << 16) | (data[4 * n + 1] << 8) | data[4 * n + 2];
  for (let n = 0; n < size; n += 1) seen.set(at(n), (seen.get(at(n)) || 0) + 1);
  const kept = [...seen].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, most).map(([colour]) => colour);
  const place = new Map(kept.map((colour, n) => [colour, n]));
  const far = (a, b) => [16, 8, 0].reduce((sum, by) => sum + (((a >> by) & 255) - ((b >> by) & 255)) ** 2, 0);
  for (const colour of seen.keys()) if (!place.has(colour)) {
    let best = 0;
    kept.forEach((one, n) => { if (far(one, colour) < far(kept[best], colour)) best = n; });
    place.set(colour, best);
  }
  let rows = "";
  for (let n = 0; n < size; n += 1) rows += String.fromCharCode(place.get(at(n)));
  return [image.width, image.height, kept, btoa(rows)];
}"""


def keep(shown: Page, blank: Page, path: Path) -> None:
    """Write what `shown` shows; `blank` is a page without a policy, in which the colours are counted."""
    source = "data:image/png;base64," + base64.b64encode(shown.screenshot()).decode()
    width, height, colours, rows = blank.evaluate(_COUNT, [source, MOST])
    path.write_bytes(_png(width, height, colours, base64.b64decode(rows)))


def _png(width: int, height: int, colours: list[int], places: bytes) -> bytes:
    """Return an indexed PNG (W3C PNG 11.2): one byte a pixel, each line without a filter."""
    lines = b"".join(b"\0" + places[width * line : width * (line + 1)] for line in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    palette = b"".join(colour.to_bytes(3, "big") for colour in colours)
    parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
