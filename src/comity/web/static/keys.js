// The keyboard for everything, and the focus that is never lost. Nothing is done here that is not also a button or a link.
// Letters work when no field has the focus, and not at all with data-keys="off" on html (WCAG 2.1.4).
"use strict";
(() => {
  const root = document.documentElement;
  const GO = { i: "/inbox", c: "/cases", a: "/approvals", d: "/duty", l: "/ledger", s: "/search", p: "/precursors", w: "/workplan" };
  const GO_MS = 1500;
  const FIELD = "input:not([type=checkbox],[type=radio],[type=button],[type=submit],[type=reset]),textarea,select,[contenteditable]";
  const ROW = "[data-row],.item", LIST = "[data-list],.list";
  const REST = "a[href],button:not(:disabled),input:not([type=hidden],:disabled),select:not(:disabled),textarea:not(:disabled),summary,[tabindex]";
  let going = 0, dirty = false;

  const seen = (node) => node.checkVisibility ? node.checkVisibility({ visibilityProperty: true }) : Boolean(node.offsetParent);
  const first = (query, where = document) => [...where.querySelectorAll(query)].find(seen);
  const typing = () => Boolean(document.activeElement && document.activeElement.matches(FIELD));
  const say = (words) => { const polite = document.getElementById("polite"); if (polite && words) polite.textContent = words; };

  // --- the sheet: the page /keys in a dialog; without it, the page itself -------------------------------------------------
  const sheet = async () => {
    const open = document.getElementById("keys-dialog");
    if (open) { open.close(); return; }
    let inside = null;
    try {
      const answer = await fetch("/keys", { headers: { accept: "text/html" } });
      inside = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("keys-sheet");
    } catch { inside = null; }
    if (!inside) { location.assign("/keys"); return; }
    const dialog = document.createElement("dialog");
    dialog.id = "keys-dialog";
    dialog.className = "sheet stack";
    dialog.setAttribute("aria-labelledby", "keys-h");
    inside.removeAttribute("id");
    dialog.append(document.adoptNode(inside));
    const close = dialog.querySelector("[data-close]");
    close.hidden = false;
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };

  // --- lists ------------------------------------------------------------------------------------------------------------
  const rows = () => {
    const list = (document.activeElement && document.activeElement.closest(LIST)) || first(LIST);
    return list ? [...list.querySelectorAll(ROW)].filter(seen) : [];
  };
  const at = (all) => {
    const focus = document.activeElement && document.activeElement.closest(ROW);
    return focus && all.includes(focus) ? all.indexOf(focus) : all.findIndex((row) => row.getAttribute("aria-current") === "true");
  };
  const reach = (row) => (row.matches(REST) ? row : row.querySelector(REST) || row);
  const move = (by) => {
    const all = rows();
    if (!all.length) return false;
    const now = at(all);
    const row = all[now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, now + by))];
    const target = reach(row);
    target.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    return true;
  };

  // --- letters: the row or dispatch with the focus first, then the one next action, then the page --------------------------
  const marked = (key) => {
    const query = `[data-key="${CSS.escape(key)}" i]`;
    const near = document.activeElement && document.activeElement.closest(`${ROW},.disp,article,dialog`);
    const current = document.querySelector('[data-row][aria-current="true"],.item[aria-current="true"]');
    return [near, current, ...document.querySelectorAll(".next"), document].filter(Boolean).map((where) => first(query, where)).find(Boolean);
  };
  const press = (key) => {
    const node = marked(key);
    if (!node) return false;
    if (node.getAttribute("aria-disabled") === "true") { node.focus(); return true; }
    if (node.matches(FIELD)) node.focus(); else node.click();
    return true;
  };

  // Beside the list: what a click on the row does. Enter opens what the row names in data-open.
  const beside = () => {
    const all = rows(), row = all[at(all)];
    if (row) reach(row).click();
    return Boolean(row);
  };
  const copy = async (node) => {
    if (!node || !navigator.clipboard) return false;
    try { await navigator.clipboard.writeText(node.dataset.copy); say(node.dataset.copied); } catch { return false; } // the text itself can be selected
    return true;
  };

  const back = () => {
    const open = first("details[open].me");
    if (open) { open.open = false; open.querySelector("summary").focus(); return true; }
    if (typing()) { document.activeElement.blur(); return true; }
    const way = first("[data-back]");
    if (way) { way.click(); return true; }
    if (dirty || history.length < 2 || !document.referrer.startsWith(location.origin)) return false;
    history.back();
    return true;
  };
  const find = () => {
    const field = first("#find") || first('[data-key="/"]');
    if (!field) return false;
    field.focus();
    if (field.select) field.select();
    return true;
  };
  const go = (key) => {
    const way = GO[key] && document.querySelector(`.rail a[href="${GO[key]}"]`); // only what is open to this person
    if (way) way.click();
    return Boolean(way);
  };

  const letter = (key) => {
    if (going && performance.now() - going < GO_MS) { going = 0; return go(key); }
    going = 0;
    if (key === "g") { going = performance.now(); return true; }
    if (key === "?") { sheet(); return true; }
    if (key === "/") return find();
    if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
    if (press(key)) return true;
    if (key === "o") return beside();
    if (key === "y") { const labels = first("[data-copy]", document.querySelector("#peek,main")); copy(labels); return Boolean(labels); }
    return (key === "n" && Boolean(first('.rail a[href="/compose"]')) && (first('.rail a[href="/compose"]').click(), true));
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.repeat && !"jk".includes(event.key.toLowerCase())) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.altKey) {
      const form = document.activeElement && document.activeElement.closest("form");
      const button = form && (first("[data-send]", form) || first("button.go,button:not([type=button])", form));
      if (button && button.getAttribute("aria-disabled") !== "true") { event.preventDefault(); form.requestSubmit(button.form === form && button.type === "submit" ? button : undefined); }
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.target.matches("[data-open]")) { event.preventDefault(); location.assign(event.target.dataset.open); return; }
    const dialog = document.querySelector("dialog:modal");
    if (event.key === "Escape") { if (!dialog && back()) event.preventDefault(); return; }
    if (root.dataset.keys === "off" || typing() || event.key.length !== 1) return;
    if (dialog && event.key !== "?") return;
    if (letter(event.key.toLowerCase())) event.preventDefault();
  });

  // --- copying: labels and numbers as they stand --------------------------------------------------------------------------
  document.addEventListener("click", (event) => copy(event.target.closest("button[data-copy]")));
  document.addEventListener("input", (event) => { if (event.target.closest('form[method="post" i]')) dirty = true; });

  // --- focus: when an update takes away what had it, the nearest that is left gets it --------------------------------------
  let last = null, trail = [];
  document.addEventListener("focusin", (event) => {
    last = event.target;
    trail = [];
    for (let node = last; node && node !== document.body; node = node.parentElement) if (node.id) trail.push(node.id);
  });
  const recover = () => {
    if (!last || last.isConnected || document.activeElement && document.activeElement !== document.body) return;
    const home = trail.map((id) => document.getElementById(id)).find((node) => node && seen(node)) || document.getElementById("main");
    last = null;
    const target = home && (home.matches(REST) ? home : first(REST, home) || document.getElementById("main"));
    if (target) target.focus({ preventScroll: true });
  };
  const main = document.getElementById("main");
  if (main) new MutationObserver(recover).observe(main, { childList: true, subtree: true });
})();
