// What a page gains with script: nothing here is needed to read, write or decide.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const csrf = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
  const clock = (date = new Date()) => date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

  function say(words) {
    const toast = document.createElement("p");
    toast.className = "toast";
    toast.textContent = words;
    document.getElementById("toasts").replaceChildren(toast);
  }

  // --- charts: a figure comes as JSON and names our colours; Plotly is fetched only where there is one ---------------
  let plotly;
  function loadPlotly() {
    plotly ??= new Promise((resolve, reject) => {
      // Plotly bundles a map library that would write a style element of its own; one with this id stops it.
      const map = document.createElement("template");
      map.id = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";
      const script = document.createElement("script");
      script.src = document.querySelector('meta[name="plotly"]').content;
      script.onload = () => resolve(window.Plotly);
      script.onerror = reject;
      document.head.append(map, script);
    });
    return plotly;
  }

  // "--chart-train" becomes its colour in the present theme, "--chart-train 0.16" the same at that opacity.
  function resolveTokens(value, probe) {
    if (Array.isArray(value)) return value.map((item) => resolveTokens(item, probe));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveTokens(item, probe)]));
    }
    const token = typeof value === "string" && /^(--[a-z0-9-]+)(?: ([0-9.]+))?$/.exec(value);
    if (!token) return value;
    const style = getComputedStyle(document.documentElement);
    if (token[1].startsWith("--font")) return style.getPropertyValue(token[1]).trim();
    probe.style.color = `var(${token[1]})`;
    const colour = getComputedStyle(probe).color;
    return token[2] ? colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${token[2]})`) : colour;
  }

  function drawFigure(place) {
    const figure = place.figure;
    const probe = document.createElement("span");
    document.body.append(probe);
    const { data, layout } = resolveTokens({ data: figure.data, layout: figure.layout || {} }, probe);
    probe.remove();
    layout.height = layout.height || (place.clientWidth < 640 ? 240 : 320);
    const config = { displayModeBar: false, displaylogo: false, showSendToCloud: false, responsive: true };
    return window.Plotly.react(place, data, layout, config);
  }

  async function fetchFigure(place) {
    if (!place.isConnected) return;
    const url = new URL(place.dataset.figureUrl, location.href);
    if (place.figure?.seen !== undefined) url.searchParams.set("seen", place.figure.seen);
    let again = true;
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (answer.status === 200) {
        place.figure = await answer.json();
        again = Boolean(place.figure.open);
        await loadPlotly();
        await drawFigure(place);
        const finding = place.closest("figure")?.querySelector("figcaption");
        if (finding && place.figure.finding && finding.textContent !== place.figure.finding) finding.textContent = place.figure.finding;
      } else if (answer.status !== 204) {
        throw new Error(answer.status);
      }
    } catch (error) {
      again = Boolean(place.figure?.open);
      if (!place.figure) place.textContent = "The chart could not be drawn; its numbers are in the table. Load the page again to try once more.";
    }
    if (again) setTimeout(() => fetchFigure(place), document.hidden ? 10000 : 2000);
  }

  const startFigures = (root) => all("[data-figure-url]", root).forEach((place) => {
    if (place.started) return;
    place.started = true;
    fetchFigure(place);
  });
  const redrawFigures = () => all("[data-figure-url]").forEach((place) => place.figure && window.Plotly && drawFigure(place));

  // --- theme: the post keeps the choice; here it only takes effect at once ------------------------------------------
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawFigures);
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-theme-form]");
    if (!form) return;
    event.preventDefault();
    const theme = event.submitter.value;
    const body = new FormData(form, event.submitter);
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    all("button", form).forEach((button) => button.setAttribute("aria-pressed", String(button === event.submitter)));
    redrawFigures();
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
  });

  // --- autosave: what was typed is on the server, or in this browser, and the form says which -----------------------
  const draftKey = (form) => `dlstart:draft:${form.dataset.autosave || form.action}`;
  const typed = (form) => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken");
  const without = (pairs) => JSON.stringify(pairs.filter(([name]) => name !== "revision"));

  function putBack(form, pairs) {
    const values = new Map();
    pairs.forEach(([name, value]) => values.set(name, [...(values.get(name) || []), value]));
    for (const control of form.elements) {
      if (!control.name || ["csrfmiddlewaretoken", "revision"].includes(control.name)) continue;
      const kept = values.get(control.name);
      if (["checkbox", "radio"].includes(control.type)) control.checked = Boolean(kept?.includes(control.value));
      else if (kept && control.type !== "file" && control.type !== "submit") control.value = kept.shift();
    }
  }

  // A form sent as a whole keeps its draft until a page comes back that is no error.
  function forgetSentDrafts() {
    if ((performance.getEntriesByType("navigation")[0]?.responseStatus || 200) >= 400) return;
    try {
      Object.keys(localStorage).filter((key) => key.startsWith("dlstart:draft:") && JSON.parse(localStorage.getItem(key)).sent)
        .forEach((key) => localStorage.removeItem(key));
    } catch { /* no storage, no drafts */ }
  }

  function startAutosave(form) {
    if (form.started) return;
    form.started = true;
    const line = form.querySelector("[data-saved]") || form.appendChild(Object.assign(document.createElement("p"), { className: "saved" }));
    line.setAttribute("role", "status");
    const note = (words) => { line.textContent = words; };
    let timer, running = false, dirty = false, last = without(typed(form));

    const keep = (sent = false) => {
      try { localStorage.setItem(draftKey(form), JSON.stringify({ at: Date.now(), sent, pairs: typed(form) })); return true; } catch { return false; }
    };
    async function save(before = "") {
      clearTimeout(timer);
      if (running) { dirty = true; return; }
      const sent = without(typed(form));
      if (sent === last) return;
      running = true;
      dirty = false;
      let words = "", failed = false;
      try {
        const answer = await fetch(form.dataset.autosave || form.action, {
          method: "POST", body: new FormData(form), keepalive: sent.length < 60000, redirect: "error",
          headers: { Accept: "application/json", "X-CSRFToken": csrf(), "X-Autosave": "1" },
        });
        const told = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : {};
        if (!answer.ok) throw new Error(told.detail || "");
        last = sent;
        localStorage.removeItem(draftKey(form));
        const revision = form.elements.namedItem("revision");
        if (revision && told.revision !== undefined) revision.value = told.revision;
        words = `${before} Saved ${clock()}. ${told.words || ""}`;
      } catch (error) {
        failed = true;
        const why = error instanceof TypeError ? "The server did not answer." : error.message;
        words = keep() ? `Not saved. ${why} What you typed is kept in this browser.` : `Not saved. ${why} Copy your text before you leave the page.`;
      }
      running = false;
      note(words.trim());
      if (failed) timer = setTimeout(() => save(), 20000);
      else if (dirty) save();
    }
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => save(), 1200); });
    form.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(() => save(), 200); });
    form.addEventListener("submit", () => { clearTimeout(timer); keep(true); last = without(typed(form)); form.leaving = true; });
    addEventListener("pagehide", () => { if (!form.leaving) save(); });
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "s" && form.contains(document.activeElement)) { event.preventDefault(); save(); }
    });

    let draft = null;
    try { draft = JSON.parse(localStorage.getItem(draftKey(form)) || "null"); } catch { draft = null; }
    if (!draft) return;
    if (without(draft.pairs) === last) { localStorage.removeItem(draftKey(form)); return; }
    const seen = (pairs) => (pairs.find(([name]) => name === "revision") || [])[1];
    const restore = () => { putBack(form, draft.pairs); save(`What you typed at ${clock(new Date(draft.at))} is back.`); };
    if (seen(draft.pairs) === seen(typed(form))) { restore(); return; }
    note(`This text has changed since you typed here at ${clock(new Date(draft.at))}. `);
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button button--small", textContent: "Put my text back" });
    button.addEventListener("click", restore, { once: true });
    line.append(button);
  }

  // --- upload: the plain post, with a bar ---------------------------------------------------------------------------
  let shown = "";
  addEventListener("popstate", () => { if (shown && shown !== location.pathname + location.search) location.reload(); });
  function show(html, url) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const main = page.getElementById("main");
    if (!main) { location.assign(url); return; }
    document.getElementById("main").replaceWith(document.adoptNode(main));
    document.getElementById("toasts").replaceChildren(...page.getElementById("toasts").childNodes);
    document.title = page.title;
    if (url && url !== location.href) history.pushState(null, "", url);
    shown = location.pathname + location.search;
    window.htmx?.process(main);
    start(main);
    if (!main.querySelector(".error-summary")) { main.tabIndex = -1; main.focus(); scrollTo(0, 0); }
  }

  // --- keys: never while typing, and they can be switched off -------------------------------------------------------
  let waiting = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") all("details.menu[open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
    if (!document.body.hasAttribute("data-keys") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (Date.now() - waiting < 1500) {
      waiting = 0;
      const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
    } else if (event.key === "g") waiting = Date.now();
    else if (event.key === "/") { const box = document.getElementById("search"); if (box) { event.preventDefault(); box.focus(); } }
    else if (event.key === "?") document.querySelector('.foot a[data-key="?"]')?.click();
  });
  document.addEventListener("click", (event) => all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; }));

  // --- a button pressed right after typing: its post carries the text, and an autosave's answer would swap the button
  // away under the pointer. Let go elsewhere, the text is saved as always. -------------------------------------------
  let pressed = null, unsaved = null;
  document.addEventListener("pointerdown", (event) => { pressed = event.target.closest('button[type="submit"]'); }, true);
  document.addEventListener("htmx:beforeRequest", (event) => {
    const cause = event.detail.requestConfig.triggeringEvent;
    if (!pressed || cause?.type !== "change" || pressed.form !== event.target.closest("form")) return;
    event.preventDefault();
    unsaved = cause.target;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, (event) => {
      const field = pressed?.contains(event.target) ? null : unsaved;
      pressed = unsaved = null;
      field?.dispatchEvent(new Event("change", { bubbles: true }));
    }, true);
  }

  // --- a form whose autosave is under way is sent when that has answered: its revision comes with the answer ---------
  document.addEventListener("submit", (event) => {
    const form = event.target, act = event.submitter;
    const busy = form.matches(".htmx-request") ? form : form.querySelector(".htmx-request");
    if (!busy) return;
    event.preventDefault();
    if (form.waits) return; // pressed twice: sent once
    form.waits = true;
    const send = () => {
      form.waits = false;
      if (act && !act.isConnected) { act.hidden = true; form.append(act); } // the answer took the button's place
      form.requestSubmit(act);
    };
    busy.addEventListener("htmx:afterRequest", () => setTimeout(send), { once: true });
  });

  // --- fragments ----------------------------------------------------------------------------------------------------
  document.addEventListener("htmx:responseError", () => say("That did not work; nothing was changed. Load the page again and repeat the step."));
  document.addEventListener("htmx:sendError", () => say("The server did not answer. The page tries again by itself."));
  document.addEventListener("htmx:load", (event) => start(event.detail.elt));

  function start(root) {
    startFigures(root);
    all("form[data-autosave]", root).forEach(startAutosave);
    root.querySelector(".error-summary")?.focus();
  }
  window.dlstart = { say, show, csrf };
  forgetSentDrafts();
  start(document);
})();
