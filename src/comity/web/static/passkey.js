"use strict";
// A passkey for a form: ask the node for a challenge, hand it to the browser, put the answer into the form and send it.
// Rule kept: nothing is kept here; without a passkey the page says so in its own words.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const made = async (options) => {
    const asked = { ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) } };
    asked.excludeCredentials = named(options.excludeCredentials);
    const found = await navigator.credentials.create({ publicKey: asked });
    const told = found.response;
    return { found, response: { clientDataJSON: text(told.clientDataJSON), attestationObject: text(told.attestationObject), transports: told.getTransports ? told.getTransports() : [] } };
  };

  const given = async (options) => {
    const asked = { ...options, challenge: bytes(options.challenge), allowCredentials: named(options.allowCredentials) };
    const found = await navigator.credentials.get({ publicKey: asked });
    const told = found.response;
    const response = { clientDataJSON: text(told.clientDataJSON), authenticatorData: text(told.authenticatorData), signature: text(told.signature) };
    if (told.userHandle) response.userHandle = text(told.userHandle);
    return { found, response };
  };

  const begun = async (form) => {
    const answer = await fetch(form.dataset.begin, {
      method: "POST", headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ csrf: form.elements.csrf.value }),
    });
    const to = answer.headers.get("x-comity-to");
    if (to) { location.assign(to); return null; }
    const said = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(said.error), { told: said.error });
    return said;
  };

  const run = async (form) => {
    const line = form.querySelector("[data-line]");
    const say = (words) => { line.textContent = words || ""; line.hidden = !words; };
    const button = form.querySelector("button");
    if (!window.PublicKeyCredential) { say(line.dataset.cannot); return; }
    button.setAttribute("aria-busy", "true");
    say(line.dataset.waiting);
    try {
      const challenge = await begun(form);
      if (!challenge) return;
      const options = JSON.parse(challenge.options);
      const { found, response } = await (form.dataset.passkey === "create" ? made(options) : given(options));
      form.elements.ceremony.value = challenge.id;
      form.elements.credential.value = JSON.stringify({ id: found.id, rawId: text(found.rawId), type: found.type, response });
      form.submit();
    } catch (error) {
      say(error.told || (error instanceof TypeError ? line.dataset.silent : line.dataset.cancelled));
    } finally {
      button.removeAttribute("aria-busy");
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-passkey]");
    if (!form) return;
    event.preventDefault();
    run(form);
  });
})();
