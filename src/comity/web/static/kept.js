// A form that was given back: once somebody is signed in again in another tab, it gets the token of that session.
"use strict";
(() => {
  const form = document.getElementById("kept"), ready = document.getElementById("kept-ready");
  if (!form || !ready) return;
  let asking = false;
  const look = async () => {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch("/session/token", { headers: { accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) return;
      const { csrf } = await answer.json();
      ready.hidden = form.elements.csrf.value === csrf && ready.hidden;
      form.elements.csrf.value = csrf;
    } catch { /* the node does not answer; the button says so */ } finally { asking = false; }
  };
  addEventListener("focus", look);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
})();
