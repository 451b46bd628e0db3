// The page that writes: Ctrl+Enter sends; one press sends once; a session that ended loses nothing that was written.
"use strict";
(() => {
  const form = document.getElementById("draft");
  const notice = document.getElementById("signed-out");
  if (!form || !notice) return;
  let going = false;

  const signedOut = (out) => { notice.hidden = !out; if (out) notice.scrollIntoView({ block: "nearest" }); };

  // What the session says now: its token, or nothing if nobody is signed in.
  const token = async () => {
    const answer = await fetch("/compose/token", { headers: { accept: "application/json" }, cache: "no-store" });
    return answer.ok ? (await answer.json()).csrf : null;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (going) return;
    going = true;
    const pressed = event.submitter;
    try {
      const csrf = await token();
      if (csrf === null) { signedOut(true); return; }
      form.elements.csrf.value = csrf;
      if (pressed && pressed.name) {
        const said = document.createElement("input");
        said.type = "hidden"; said.name = pressed.name; said.value = pressed.value;
        form.append(said);
      }
      form.submit();
      return;
    } catch { signedOut(false); } finally { setTimeout(() => { going = false; }, 1000); }
  });

  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const send = document.querySelector('button[name="do"][value="send"]:not([disabled])');
    if (send) { event.preventDefault(); form.requestSubmit(send); }
  });

  // A verdict that is refused because nobody is signed in leaves the page where it is.
  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    const status = event.detail.xhr.status;
    if (status !== 401) { if (status < 400) signedOut(false); return; }
    event.preventDefault();
    signedOut(true);
  });
  document.addEventListener("comity:leave", async (event) => {
    event.preventDefault();
    try {
      const csrf = await token();
      signedOut(csrf === null);
      if (csrf !== null) form.elements.csrf.value = csrf;
    } catch { /* the node does not answer; the frame says so */ }
  });
  document.body.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["x-comity-csrf"] = form.elements.csrf.value;
  });
  // Answers to what the scan proposes stand beside the form, and are judged like what is written in it.
  document.addEventListener("change", (event) => {
    if (event.target.form === form && !form.contains(event.target)) form.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
