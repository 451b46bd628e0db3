// To open a case is to have seen it: once the page is really before someone's eyes, what is new in it is acknowledged.
// It is a change, so it is a POST with the session's token; without a script the button beside it does the same.
"use strict";
(() => {
  const form = document.querySelector("form[data-seen]");
  if (!form) return;
  const tell = async () => {
    if (document.hidden) return;
    document.removeEventListener("visibilitychange", tell);
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin", redirect: "manual",
        headers: { "hx-request": "true" },
      });
      if (answer.type === "opaqueredirect" || answer.ok) form.hidden = true;
    } catch { /* the button stays */ }
  };
  document.addEventListener("visibilitychange", tell);
  tell();
})();
