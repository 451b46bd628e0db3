// Keeps every open page true. One tab of the browser holds the event stream and tells the others which topics moved; each
// asks its own address again for its parts and writes in place, by id, what differs.
// Nothing moves under the hand: what is focused, selected or in sight stays where it is; unchanged nodes are not touched.
"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const PARTS = "application/vnd.comity.parts+json";
  const QUIET_MS = 12000; // the node beats every 5 s
  const GAP_MS = 400, HIDDEN_GAP_MS = 5000; // between two questions of one page

  // ---- writing -----------------------------------------------------------------------------------------------------

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
    const arrived = old.classList.contains("arrive"), open = old.nodeName === "DETAILS" && old.open;
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    if (arrived) old.classList.add("arrive");
    if (open) old.open = true;
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

  // A block in which someone writes is left as it is until they are done.
  const written = (element) => {
    const focus = document.activeElement;
    return Boolean(focus && element.contains(focus) && focus.matches("input:not([type=hidden]), textarea, select"));
  };

  const arrange = (region, ids, blocks) => {
    const wanted = new Set(ids);
    for (const child of [...region.children]) if (!wanted.has(child.id) && !written(child)) child.remove();
    const made = [];
    const nodes = ids.map((id) => {
      const old = byId(id);
      if (old) return old;
      const fresh = parse(blocks[id]);
      fresh.classList.add("arrive");
      made.push(fresh);
      return fresh;
    });
    const pin = Math.max(0, nodes.findIndex((node) => node.isConnected && held(node)));
    if (nodes.length && !nodes[pin].isConnected) region.prepend(nodes[pin]);
    const place = (node, next) => (node.isConnected && region.moveBefore ? region.moveBefore(node, next) : region.insertBefore(node, next));
    for (let i = pin - 1; i >= 0; i--) if (nodes[i + 1].previousElementSibling !== nodes[i]) place(nodes[i], nodes[i + 1]);
    for (let i = pin + 1; i < nodes.length; i++) if (nodes[i - 1].nextElementSibling !== nodes[i]) place(nodes[i], nodes[i - 1].nextSibling);
    if (window.htmx) made.forEach((node) => window.htmx.process(node));
  };

  // What the eye rests on: remember where it stands, and bring it back there.
  const scrollers = () => [document.scrollingElement, ...document.querySelectorAll(".stream, [data-scroll]")];
  const rest = () => scrollers().filter((s) => s.scrollTop > 0).map((scroller) => {
    const bar = document.querySelector(".bar");
    const top = scroller === document.scrollingElement ? (bar ? bar.getBoundingClientRect().bottom : 0) : scroller.getBoundingClientRect().top;
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
    const places = rest();
    const known = new Set(Object.keys(blocks).filter(byId));
    for (const [name, ids] of Object.entries(regions)) { const region = byId("r-" + name); if (region) arrange(region, ids, blocks); }
    for (const id of known) {
      const old = byId(id);
      if (!old || written(old)) continue;
      const fresh = parse(blocks[id]);
      if (old.isEqualNode(fresh)) continue;
      morph(old, fresh);
      const now = byId(id);
      if (now && window.htmx) window.htmx.process(now);
    }
    if (document.title !== title) document.title = title;
    bringBack(places);
    announce(before);
  };

  // ---- asking again ------------------------------------------------------------------------------------------------

  let heard = Date.now(), asking = false, again = false, last = 0, timer = 0;

  const stale = (is) => {
    const note = byId("stale");
    if (note) {
      if (is && note.hidden) byId("stale-since").textContent = new Date(heard).toISOString().slice(11, 16) + " UTC";
      note.hidden = !is;
    }
    root.dataset.live = is ? "no" : "yes";
  };

  // A page on which somebody writes keeps what was written: it says so by stopping this event.
  const mayGo = () => document.dispatchEvent(new CustomEvent("comity:leave", { cancelable: true }));
  const here = () => root.dataset.at || location.pathname + location.search; // a form that was not taken stands elsewhere
  const leave = () => mayGo() && location.assign("/sign-in?" + new URLSearchParams({ back: here() }));

  const ask = async () => {
    if (asking) { again = true; return; }
    asking = true; again = false; last = Date.now();
    try {
      const answer = await fetch(here(), {
        headers: { accept: PARTS, "if-none-match": root.dataset.etag || "" }, cache: "no-store", credentials: "same-origin", redirect: "manual",
      });
      if (answer.status === 401) { leave(); return; }
      const left = answer.headers.get("x-comity-idle");
      if (left) document.dispatchEvent(new CustomEvent("comity:ends", { detail: Number(left) }));
      if (answer.status === 200 || (answer.status === 404 && answer.headers.get("content-type") === PARTS)) {
        const update = await answer.json();
        if (update.who !== root.dataset.who) { if (mayGo()) location.reload(); return; }
        if (answer.status === 404 && !document.querySelector("[data-absent]")) { if (mayGo()) location.reload(); return; }
        apply(update);
        root.dataset.etag = answer.headers.get("etag") || "";
        root.dataset.topics = update.topics.join(" ");
        root.dataset.boot = update.boot;
        root.dataset.n = String(update.n);
        document.dispatchEvent(new CustomEvent("comity:parts"));
      }
    } catch { again = true; last = Date.now() + 2000; /* the node does not answer; the stream says so */ } finally {
      asking = false;
      if (again) soon();
    }
  };

  // At once, then at most every 400 ms; a page that nobody sees waits longer.
  const soon = () => {
    if (timer) return;
    const wait = Math.max(0, last + (document.hidden ? HIDDEN_GAP_MS : GAP_MS) - Date.now());
    timer = setTimeout(() => { timer = 0; ask(); }, wait);
  };

  // ---- hearing -----------------------------------------------------------------------------------------------------

  const moved = (ping) => {
    if (ping.all) return true;
    const mine = new Set((root.dataset.topics || "").split(" "));
    return ping.topics.some((topic) => mine.has(topic));
  };

  const hear = (event) => {
    heard = Date.now();
    if (event.kind === "lost") { stale(true); return; }
    stale(false);
    if (event.kind === "hello" && (event.boot !== root.dataset.boot || event.n !== Number(root.dataset.n))) soon();
    if (event.kind === "ping" && moved(event)) soon();
    if (event.kind === "minute" || event.kind === "gone") soon();
  };

  const channel = "BroadcastChannel" in window ? new BroadcastChannel("comity-live") : null;
  const tell = (event) => { hear(event); if (channel) channel.postMessage(event); };

  let stream = null, retry = 0, present = null;
  const close = () => { clearTimeout(retry); if (stream) stream.close(); stream = null; };
  const open = () => {
    close();
    heard = Date.now();
    stream = new EventSource("/events");
    const on = (kind) => stream.addEventListener(kind, (event) => {
      const said = { kind, ...(event.data ? JSON.parse(event.data) : {}) };
      if (kind === "hello") present = { ...said };
      if (kind === "ping" && present) present.n = said.n;
      if (kind === "gone") close();
      tell(said);
    });
    ["hello", "ping", "minute", "beat", "gone"].forEach(on);
    stream.onerror = () => {
      tell({ kind: "lost" });
      if (stream && stream.readyState === EventSource.CLOSED) { soon(); retry = setTimeout(open, 3000); }
    };
  };

  // One tab leads: whoever has the lock. When it goes, the next one gets it. Without locks each tab has a stream of its own.
  let leads = false, letGo = null;
  const lead = () => {
    if (!navigator.locks || !channel) { leads = true; open(); return; }
    navigator.locks.request("comity-live", () => new Promise((done) => { leads = true; letGo = done; open(); })).catch(() => { leads = true; open(); });
  };
  const rest_ = () => { close(); leads = false; if (letGo) letGo(); letGo = null; };

  if (!root.dataset.boot && !root.dataset.who) return; // nothing is shown here that could change

  if (channel) channel.onmessage = ({ data }) => {
    if (data.kind === "who" && leads && present) channel.postMessage({ ...present, kind: "hello" });
    else if (data.kind === "restart" && leads) open();
    else if (data.kind !== "who" && data.kind !== "restart") hear(data);
  };

  // After sleep a connection may look open and be dead: whoever leads opens it anew, and the page looks again.
  setInterval(() => {
    if (Date.now() - heard <= QUIET_MS) return;
    stale(true);
    heard = Date.now() - QUIET_MS + 3000;
    if (leads) open(); else if (channel) channel.postMessage({ kind: "restart" });
    soon();
  }, 2000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && (again || timer)) { clearTimeout(timer); timer = 0; soon(); } });
  addEventListener("pagehide", rest_);
  addEventListener("pageshow", (event) => { if (event.persisted) { lead(); soon(); if (channel) channel.postMessage({ kind: "who" }); } });
  document.addEventListener("comity:ask", soon);
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.xhr && event.detail.xhr.status === 401) leave(); });
  lead();
  if (channel) channel.postMessage({ kind: "who" });
})();
