// The end of the session: said once, two minutes before, with a way to stay; and what somebody wrote outlives it on the page.
// The node says with each answer how long the session is still good; another tab may have stayed, so it is asked before it is said.
"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const box = byId("idle"), over = byId("over");
  if (!box || !over || !root.dataset.idle) return;
  const WARN_MS = 120000, LOOK_MS = 2000, ASK_MS = 5000;
  let ends = 0, asked = 0, stayed = false;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("comity-session") : null;
  const ask = () => { if (Date.now() - asked < ASK_MS) return; asked = Date.now(); document.dispatchEvent(new CustomEvent("comity:ask")); };
  const near = () => ends > 0 && ends - Date.now() <= WARN_MS;

  const show = (is) => {
    if (box.hidden !== is) return;
    box.hidden = !is;
    if (is) byId("polite").textContent = byId("idle-text").textContent;
  };
  const set = (seconds) => {
    ends = Date.now() + seconds * 1000;
    if (stayed && near()) { byId("idle-text").textContent = box.dataset.over; box.hidden = true; }
    stayed = false;
    show(near());
  };
  set(Number(root.dataset.idle));

  document.addEventListener("comity:ends", ({ detail }) => set(detail));
  if (channel) channel.onmessage = () => { asked = 0; ask(); };
  setInterval(() => {
    if (!near()) return;
    if (box.hidden || Date.now() > ends) ask(); // another tab may have stayed; after the end the answer says so
  }, LOOK_MS);

  box.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const answer = await fetch(box.action, {
        method: "POST", body: new URLSearchParams(new FormData(box)), credentials: "same-origin", redirect: "manual",
        headers: { "hx-request": "true" },
      });
      stayed = answer.ok;
      asked = 0;
      ask(); // its answer says how long the session is good now, or that it is over
      if (stayed && channel) channel.postMessage("stayed");
    } catch { /* the node does not answer; the frame says so */ }
  });

  // ---- what was written --------------------------------------------------------------------------------------------

  const fields = 'main form textarea, main form input[type="text"], main form input:not([type])';
  const unsent = () => [...document.querySelectorAll(fields)].some((one) => one.value !== one.defaultValue);
  const renew = async () => {
    const answer = await fetch("/session/token", { headers: { accept: "application/json" }, cache: "no-store" });
    over.hidden = answer.ok;
    if (!answer.ok) { byId("loud").textContent = over.innerText; return; }
    const { csrf } = await answer.json();
    for (const one of document.querySelectorAll('input[name="csrf"]')) one.value = csrf;
    document.body.setAttribute("hx-headers", JSON.stringify({ "x-comity-csrf": csrf }));
  };
  document.addEventListener("comity:leave", (event) => {
    if (byId("signed-out") || !unsent()) return; // a page of its own way, or nothing would be lost
    event.preventDefault();
    show(false);
    renew().catch(() => { /* the node does not answer; the frame says so */ });
  });
})();
