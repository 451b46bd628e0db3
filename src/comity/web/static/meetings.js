// What is written of a paragraph is kept at this node while it is written, so that nothing is lost with the tab or the session.
// Nothing of it crosses before it is published. Without a script the buttons do all that is needed.
"use strict";
(() => {
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const told = document.getElementById("draft-kept");
  const PAUSE_MS = 700;
  let timer = 0, unkept = false;

  const keep = async () => {
    timer = 0;
    try {
      const answer = await fetch(form.dataset.draft, {
        method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin", redirect: "manual",
        headers: { "hx-request": "true" },
      });
      unkept = !answer.ok;
      if (answer.ok) told.textContent = told.dataset.word;
    } catch { unkept = true; /* the next letter tries again; the frame says that the node does not answer */ }
  };
  form.addEventListener("input", () => {
    unkept = true;
    told.textContent = "";
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE_MS);
  });
  document.addEventListener("comity:leave", (event) => { if (unkept) event.preventDefault(); });
  const first = form.querySelector("textarea");
  const begin = () => { if (first && !document.activeElement.matches("input,textarea,select")) first.focus(); };
  begin();
  addEventListener("load", () => setTimeout(begin)); // going to the fragment takes the focus away again
})();
