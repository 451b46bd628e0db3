// Adding files to a draft: each goes in slices, and is gone on with from where the node says after a line that broke.
"use strict";
(() => {
  const form = document.getElementById("draft");
  const box = document.getElementById("files");
  if (!form || !box) return;
  const chosen = document.getElementById("add-files");
  const list = document.getElementById("files-list");
  const error = document.getElementById("files-error");
  const number = form.elements.files;
  const SLICE = 8 << 20;
  const LONGEST_WAIT = 30000;
  let waiting = Promise.resolve();
  let looks = 0;
  chosen.hidden = false;

  const tell = (words) => { error.textContent = words || ""; error.hidden = !words; };
  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
  const headers = () => ({ accept: "application/json", "x-comity-csrf": form.elements.csrf.value });

  const said = async (answer) => {
    const body = await answer.json();
    if (answer.ok) return body;
    const wrong = new Error(body.error || "");
    wrong.final = answer.status >= 400 && answer.status < 500;
    throw wrong;
  };

  const show = async () => {
    if (!number.value) return;
    const answer = await fetch(`${box.dataset.to}/${number.value}/list`, { headers: { "hx-request": "true" }, cache: "no-store" });
    if (!answer.ok) return;
    list.innerHTML = await answer.text();
    if (list.querySelector(".verdict.hold") && looks < 600) { looks += 1; setTimeout(show, 1000); }
    form.dispatchEvent(new Event("change"));
  };

  const where = async (at) => {
    const state = await said(await fetch(`${box.dataset.to}/${number.value}`, { headers: headers(), cache: "no-store" }));
    return state.list.find((one) => one.number === at);
  };

  const slices = async (file, row) => {
    let wait = 500;
    let offset = row.offset || 0;
    while (row.state === "coming") {
      try {
        const body = file.slice(offset, offset + SLICE);
        const answer = await fetch(`${box.dataset.to}/${number.value}/${row.number}?offset=${offset}`, { method: "POST", headers: headers(), body });
        const state = await said(answer);
        row = state.list.find((one) => one.number === row.number);
        wait = 500;
        tell("");
      } catch (wrong) {
        if (wrong.final) throw wrong;
        tell(box.dataset.broken);
        await pause(wait);
        wait = Math.min(2 * wait, LONGEST_WAIT);
        try { row = await where(row.number); } catch { continue; }
      }
      if (!row) return;
      offset = row.offset || 0;
      await show();
    }
  };

  const add = async (file) => {
    tell("");
    try {
      const fields = new URLSearchParams({ name: file.name, size: String(file.size), media: file.type, files: number.value });
      const state = await said(await fetch(box.dataset.to, { method: "POST", headers: headers(), body: fields }));
      number.value = state.files;
      await slices(file, state.list[state.list.length - 1]);
    } catch (wrong) { tell(wrong.message); }
    looks = 0;
    await show();
  };

  chosen.addEventListener("change", () => {
    for (const file of chosen.files) waiting = waiting.then(() => add(file));
    waiting = waiting.then(() => { chosen.value = ""; });
  });

  list.addEventListener("click", async (event) => {
    const pressed = event.target.closest("[data-drop]");
    if (!pressed) return;
    await fetch(`${box.dataset.to}/${number.value}/${pressed.dataset.drop}/drop`, { method: "POST", headers: headers() });
    await show();
  });

  show();
})();
