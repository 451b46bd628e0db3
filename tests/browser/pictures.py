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
  const far = (a, b) => [16, 8, 0].reduce((sum, by) => sum + (((a >> by) & 255) - ((b >> by) & 255)) ** 2, 0);
  const all = [...seen].sort((a, b) => b[1] - a[1] || a[0] - b[0]), kept = [], near = new Map(all.map(([colour]) => [colour, [Infinity, 0]]));
  const take = (colour) => {
    kept.push(colour);
    for (const [one, found] of near) { const now = far(one, colour); if (now < found[0]) { found[0] = now; found[1] = kept.length - 1; } }
  };
  for (const [colour] of all.slice(0, most / 2)) take(colour); // the common ones, then whatever would be missed most
  while (kept.length < Math.min(most, all.length)) take(all.reduce((best, one) => (near.get(one[0])[0] > near.get(best[0])[0] ? one : best))[0]);
  const place = new Map([...near].map(([colour, found]) => [colour, found[1]]));
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
