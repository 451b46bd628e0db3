// Keeps an open page true. One event stream tells which blocks changed; each is written in place, by its id.
// Nothing moves under the hand: what is focused, selected or in sight stays where it is; unchanged nodes are not touched.
"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const QUIET_MS = 12000; // the node beats every 5 s
  let stream = null, heard = 0, timer = 0;

  const parse = (html) => {
    const box = document.createElement("template");
    box.innerHTML = html; // made by the node's own templates, which escape; the policy runs no inline script
    return box.content.firstElementChild;
  };

  // Write `fresh` into `old` with the fewest touches.
  const morph = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType === 3 && fresh.nodeType === 3) { old.data = fresh.data; return; }
    if (old.nodeType !== 1 || old.nodeName !== fresh.nodeName) { old.replaceWith(fresh); return; }
    const arrived = old.classList.contains("arrive");
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    if (arrived) old.classList.add("arrive");
    const before = [...old.childNodes], after = [...fresh.childNodes];
    after.forEach((child, i) => (i < before.length ? morph(before[i], child) : old.append(child)));
    before.slice(after.length).forEach((child) => child.remove());
  };

  // The child of a region that must not be moved: it has the focus or a selection.
  const held = (element) => {
    const picked = getSelection(), focus = document.activeElement;
    if (focus && focus !== document.body && element.contains(focus)) return true;
    return Boolean(picked && !picked.isCollapsed && picked.rangeCount && picked.getRangeAt(0).intersectsNode(element));
  };

  const arrange = (region, ids, blocks) => {
    const wanted = new Set(ids);
    for (const child of [...region.children]) if (!wanted.has(child.id)) child.remove();
    const nodes = ids.map((id) => {
      const old = byId(id);
      if (old) return old;
      const fresh = parse(blocks[id]);
      fresh.classList.add("arrive");
      return fresh;
    });
    const pin = Math.max(0, nodes.findIndex((node) => node.isConnected && held(node)));
    if (nodes.length && !nodes[pin].isConnected) region.prepend(nodes[pin]);
    const place = (node, next) => (node.isConnected && region.moveBefore ? region.moveBefore(node, next) : region.insertBefore(node, next));
    for (let i = pin - 1; i >= 0; i--) if (nodes[i + 1].previousElementSibling !== nodes[i]) place(nodes[i], nodes[i + 1]);
    for (let i = pin + 1; i < nodes.length; i++) if (nodes[i - 1].nextElementSibling !== nodes[i]) place(nodes[i], nodes[i - 1].nextSibling);
  };

  // What the eye rests on: remember where it stands, and bring it back there.
  const scrollers = () => [document.scrollingElement, ...document.querySelectorAll(".stream")];
  const rest = () => scrollers().filter((s) => s.scrollTop > 0).map((scroller) => {
    const top = scroller === document.scrollingElement ? document.querySelector(".bar").getBoundingClientRect().bottom : scroller.getBoundingClientRect().top;
    const inside = [...scroller.querySelectorAll("[data-keep] > [id], [data-keep] > * > [id]")];
    const mark = inside.find((node) => held(node)) || inside.find((node) => node.getBoundingClientRect().bottom > top + 8);
    return { scroller, mark, at: mark && mark.getBoundingClientRect().top };
  });
  const bringBack = (places) => places.forEach(({ scroller, mark, at }) => {
    if (mark && mark.isConnected) scroller.scrollTop += mark.getBoundingClientRect().top - at;
  });

  const announce = (before) => {
    const said = { polite: [], loud: [] };
    for (const node of document.querySelectorAll("[data-say]")) {
      if (before.get(node.id) !== node.dataset.say) said["loud" in node.dataset ? "loud" : "polite"].push(node.dataset.say);
    }
    for (const [where, words] of Object.entries(said)) if (words.length) byId(where).textContent = words.slice(0, 3).join(". ");
  };

  const apply = ({ title, regions, blocks }) => {
    const before = new Map([...document.querySelectorAll("[data-say]")].map((node) => [node.id, node.dataset.say]));
    for (const ids of Object.values(regions)) if (ids.some((id) => !byId(id) && !(id in blocks))) { location.reload(); return; }
    const places = rest();
    const known = new Set(Object.keys(blocks).filter(byId));
    for (const [name, ids] of Object.entries(regions)) { const region = byId("r-" + name); if (region) arrange(region, ids, blocks); }
    for (const id of known) { const old = byId(id); if (old) morph(old, parse(blocks[id])); }
    if (document.title !== title) document.title = title;
    bringBack(places);
    announce(before);
  };

  const stale = (is) => {
    const note = byId("stale");
    if (is && note.hidden) byId("stale-since").textContent = new Date(heard || Date.now()).toISOString().slice(11, 16) + " UTC";
    note.hidden = !is;
    root.dataset.live = is ? "no" : "yes";
  };

  const close = () => { if (stream) stream.close(); stream = null; };
  const open = () => {
    close();
    clearTimeout(timer);
    const { view, change, boot } = root.dataset;
    stream = new EventSource("/events?" + new URLSearchParams({ view, from: change, boot }));
    const hear = () => { heard = Date.now(); stale(false); };
    stream.addEventListener("beat", hear);
    stream.addEventListener("page", (event) => {
      hear();
      const update = JSON.parse(event.data);
      apply(update);
      root.dataset.change = event.lastEventId;
      root.dataset.boot = update.boot;
    });
    stream.onerror = () => { stale(true); if (stream && stream.readyState === EventSource.CLOSED) timer = setTimeout(open, 3000); };
    heard = heard || Date.now();
  };

  if (!root.dataset.view) return; // nothing is shown here that could change

  // After sleep the connection may look open and be dead: ask again. A hidden page holds none.
  setInterval(() => { if (stream && Date.now() - heard > QUIET_MS) { stale(true); heard = Date.now(); open(); } }, 2000);
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  if (!document.hidden) open();
})();
