// What a page gains with script: nothing here is needed to read, write or decide.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const csrf = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
  const language = document.documentElement.lang;
  const clock = (date = new Date()) => date.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
  const number = (value, digits = 0) => value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

  // A sentence of the page's <template data-words>, which is in the reader's language, with {names} filled in.
  function words(key, values = {}) {
    const said = all("template[data-words]").map((place) => place.content.querySelector(`[data-say="${key}"]`)).find(Boolean);
    return (said?.textContent ?? "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  function say(text) {
    const toast = document.createElement("p");
    toast.className = "toast";
    toast.textContent = text;
    document.getElementById("toasts").replaceChildren(toast);
  }

  // --- charts: a figure comes as JSON and names our colours; Plotly is fetched only where there is one ---------------
  let plotly;
  // How numbers are written in the language of the page: "decimal" or "group".
  const mark = (type) => new Intl.NumberFormat(document.documentElement.lang).formatToParts(12345.6).find((part) => part.type === type).value;

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
    layout.separators = ["decimal", "group"].map(mark).join("");
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
      if (!place.figure) place.textContent = words("chart_fault");
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

  // --- keeping: what was typed is on the server, or in this browser until it is there ---------------------------------
  // A block marked data-keep="its name" saves itself by htmx. Its values lie in this browser from the first key to the
  // answer of the server; a block that failed is sent again, one left unsaved is put back and sent when the page opens.
  // A form marked data-keep is sent by its button; it is put back, to be sent or left out, until the server has taken it.
  const KEPT = "dlstart:kept:", SENT = "dlstart:sent", AGAIN = 5000;
  const person = document.body.dataset.person;
  const addressOf = (form) => { const { pathname, search } = new URL(form.getAttribute("action") ?? "", location); return pathname + search; };
  const nameOf = (block) => block.getAttribute("data-keep"); // a form with a field named dataset has no dataset of its own
  const keyOf = (block) => `${KEPT}${person}/${nameOf(block) || addressOf(block)}`;
  const controls = (block) => all("input:not([type=hidden], [type=file], [type=password]), textarea, select", block);
  const ticked = (control) => ["checkbox", "radio"].includes(control.type);
  const read = (block) => controls(block).map((c) => ({ name: c.name, value: c.value, on: ticked(c) ? c.checked : undefined }));
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const revisionOf = (block) => block.querySelector("input[type=hidden][name$=revision]");
  const marks = (block) => all("input[type=hidden]:is([name$=revision], [name$=base], [name=seen])", block);
  const recall = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
  const forget = (key) => { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } };
  const stateOf = (block) => ({ at: Date.now(), marks: marks(block).map((mark) => [mark.name, mark.value]), values: read(block) });
  const keep = (block) => { try { localStorage.setItem(keyOf(block), JSON.stringify(stateOf(block))); return true; } catch { return false; } };
  const note = (text) => { const line = document.getElementById("saved"); if (line) line.textContent = text; };

  function putBack(block, state) {
    for (const control of controls(block)) {
      const kept = state.values.find((one) => one.name === control.name && (!ticked(control) || one.value === control.value));
      if (!kept) continue;
      if (ticked(control)) control.checked = kept.on;
      else if (control.value !== kept.value) control.value = kept.value;
    }
    const seen = new Map(state.marks);
    marks(block).forEach((mark) => { mark.value = seen.get(mark.name) ?? mark.value; });
  }
  function typedBack({ at }) {
    const then = new Date(at), isToday = then.toDateString() === new Date().toDateString();
    return words(isToday ? "typed_back" : "typed_back_on", { clock: clock(then), day: then.toLocaleDateString(language, { dateStyle: "long" }) });
  }

  // Another sign-in has another token; the page's forms are given it, so that nothing must be typed again. False while
  // this person is not signed in.
  async function freshToken() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.redirected || (answer.ok && page.body.dataset.person !== person)) {
      note(words("signed_out"));
      return false;
    }
    const headers = page.body.getAttribute("hx-headers");
    if (!headers) return true;
    document.body.setAttribute("hx-headers", headers);
    all("input[name=csrfmiddlewaretoken]").forEach((input) => { input.value = csrf(); });
    return true;
  }

  // The text, the choice and the ticks that a place of the page holds come into the block, with the revision they have.
  function take(block, place, revision) {
    const box = block.querySelector("textarea");
    const old = box.value, text = (place.querySelector("[data-text]") ?? place).textContent, caret = box.selectionEnd;
    let begin = 0;
    while (begin < old.length && old[begin] === text[begin]) begin += 1;
    if (old !== text) box.value = text;
    if (document.activeElement === box) box.selectionEnd = box.selectionStart = caret <= begin ? caret : Math.max(0, text.length - (old.length - caret));
    controls(block).filter(ticked).forEach((c) => {
      c.checked = (c.type === "radio" ? [place.dataset.choice] : place.dataset.ticks.split(" ")).includes(c.value);
    });
    revisionOf(block).value = revision;
  }

  // The server brought two texts together: shown at once, unless more was typed meanwhile; then the next save brings it.
  function takeMerged(block) {
    const place = block.querySelector("[data-merged]");
    if (!place) return;
    take(block, place, place.dataset.merged);
    place.removeAttribute("data-merged");
  }

  // The fields of the mapping, by name; false where the page has another number of pairs.
  function takeFields(block, fields) {
    if (block.querySelector("[name=pair_count]").value !== String(fields.pair_count)) return false;
    for (const control of all("input, select", block)) {
      if (!(control.name in fields)) continue;
      if (ticked(control)) control.checked = Boolean(fields[control.name]);
      else control.value = fields[control.name] ?? "";
    }
    return true;
  }

  // What a colleague saved comes into a block that nobody touches here; beside one that somebody does, it is shown.
  const isTouched = (block) => block.matches(".htmx-request") || block.contains(document.activeElement) || !same(read(block), block.saved);
  function takeNews(place) {
    const block = place.closest("[data-keep]");
    if (Number(place.dataset.news) <= Number(revisionOf(block).value)) place.remove();
    else if (isTouched(block)) place.hidden = false;
    else if (place.dataset.fields && !takeFields(block, JSON.parse(place.dataset.fields))) place.hidden = false;
    else {
      if (!place.dataset.fields) take(block, place, place.dataset.news);
      block.saved = read(block);
      place.remove();
    }
  }
  const takeAllNews = (root = document) => all("[data-news]", root).forEach(takeNews);
  document.addEventListener("htmx:afterRequest", (event) => event.target.matches("[data-live]") && takeAllNews());

  function startKeeping(block) {
    if (block.started) return;
    block.started = true;
    const key = keyOf(block), store = () => keep(block);
    let sent = null, timer;
    block.saved = document.querySelector(".error-summary") ? null : read(block); // a page that was refused shows what is not saved
    const again = () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        let ready = false;
        try { ready = await freshToken(); } catch { /* still away */ }
        if (ready) window.htmx.trigger(block, "change"); else again();
      }, AGAIN);
    };
    block.addEventListener("input", store);
    block.addEventListener("change", store);
    block.addEventListener("focusout", () => setTimeout(takeAllNews, 0, block));
    block.addEventListener("htmx:beforeRequest", () => { clearTimeout(timer); sent = read(block); });
    block.addEventListener("htmx:afterRequest", (event) => {
      const xhr = event.detail.xhr, now = read(block);
      if (xhr.status >= 200 && xhr.status < 400) { // htmx calls 422 successful, too
        if (same(now, sent)) { takeMerged(block); block.saved = read(block); forget(key); } else store();
        return;
      }
      const kept = store();
      const passes = !xhr.status || xhr.status >= 500 || [403, 429].includes(xhr.status) || xhr.getResponseHeader("Retry-After");
      if (!passes) return; // a person must choose
      if (xhr.status !== 422) note(words(kept ? "kept_here" : "copy_first"));
      again();
    });
    addEventListener("pagehide", () => {
      const kept = recall(key);
      if (!kept || block.closest("form").leaving || same(kept.values, sent)) return;
      navigator.sendBeacon(block.getAttribute("hx-post"), new FormData(block.closest("form")));
    });

    const kept = recall(key);
    if (!kept) return;
    if (same(kept.values, read(block))) { forget(key); return; }
    putBack(block, kept);
    note(typedBack(kept));
    const send = () => window.htmx.trigger(block, "change");
    if (document.readyState === "complete") send(); else addEventListener("load", send, { once: true });
  }
  document.addEventListener("submit", (event) => { event.target.leaving = true; });
  addEventListener("pageshow", (event) => { if (event.persisted) all("form").forEach((form) => { form.leaving = false; }); });

  function startForm(form) {
    if (form.started) return;
    form.started = true;
    const key = keyOf(form), before = stateOf(form);
    let kept = recall(key);
    const store = () => (!kept && same(read(form), before.values) ? forget(key) : keep(form));
    form.addEventListener("input", store);
    form.addEventListener("change", store);
    form.addEventListener("submit", (event) => {
      if (!recall(key)) return;
      if (navigator.onLine) { sessionStorage.setItem(SENT, key); return; }
      event.preventDefault();
      say(words("no_connection"));
    });

    if (!kept || same(kept.values, before.values)) return;
    putBack(form, kept);
    const line = Object.assign(document.createElement("p"), { className: "notice row", textContent: typedBack(kept) });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button button--small", textContent: words("leave_out") });
    button.addEventListener("click", () => { forget(key); kept = null; putBack(form, before); line.remove(); });
    line.setAttribute("role", "status");
    line.append(button);
    form.prepend(line);
  }

  // A form that the server has taken leads on to another page; one that it refused, or a sign-in, is not taken. The key of
  // one that was refused, and cannot be sent again from here.
  function forgetTaken() {
    const key = takeSent(), [way] = performance.getEntriesByType("navigation");
    if (!key?.startsWith(`${KEPT}${person}/`)) return null;
    const isLedHere = way?.type === "navigate" && way.redirectCount > 0 && document.referrer;
    if (isLedHere && !document.querySelector("[data-refusal]")) forget(key);
    return all("form[data-keep]").some((form) => keyOf(form) === key) ? null : key;
  }
  function takeSent() {
    try {
      const key = sessionStorage.getItem(SENT);
      sessionStorage.removeItem(SENT);
      return key;
    } catch { return null; }
  }

  // What cannot be sent any more is shown, to be copied.
  const textOf = (key) => (recall(key)?.values || []).filter((one) => one.on === undefined).map((one) => one.value).filter(Boolean).join("\n");
  function showText(place, key, sentence) {
    const card = Object.assign(document.createElement("div"), { className: "notice notice--warn stack--tight" });
    const line = Object.assign(document.createElement("p"), { textContent: sentence });
    const quote = Object.assign(document.createElement("p"), { className: "quote", textContent: textOf(key) });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button button--small", textContent: words("copied") });
    button.addEventListener("click", () => { forget(key); card.remove(); });
    card.append(line, quote, button);
    place.append(card);
  }
  function showRefused(key) {
    if (key && textOf(key)) showText(document.querySelector("main .entry__body"), key, words("not_taken"));
  }

  // A version that was handed in meanwhile cannot take the text any more.
  function showKept(place) {
    const prefix = `${KEPT}${person}/${place.dataset.keptOf}`, plain = (text) => text.replace(/\s+/g, " ").trim();
    const page = plain(document.getElementById("main").textContent);
    let keys = [];
    try { keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix)); } catch { /* nothing is kept */ }
    for (const key of keys) {
      const text = textOf(key);
      if (!text || page.includes(plain(text))) forget(key);
      else showText(place, key, words("handed_in", { place: key.slice(prefix.length) }));
    }
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
  // The link that a row of a list leads to has the focus, so Enter opens it.
  function goToRow(step) {
    const rows = all("main :is(tbody tr, .entry__body > :is(ol, ul) > li):has(a[href])").filter((row) => row.checkVisibility());
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    rows[Math.min(rows.length - 1, Math.max(0, at + step))]?.querySelector("a[href]").focus();
  }
  let waiting = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") all("details.menu[open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
    if (!document.body.hasAttribute("data-keys") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (Date.now() - waiting < 1500) {
      waiting = 0;
      const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
    } else if (event.key === "j") goToRow(1);
    else if (event.key === "k") goToRow(-1);
    else if (event.key === "g") waiting = Date.now();
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

  // --- an autosave saves: htmx would send it to the address, and with the name, of whatever button has the focus ------
  document.addEventListener("htmx:configRequest", (event) => {
    const form = event.target;
    if (!form.matches("form[hx-post]") || event.detail.triggeringEvent?.type === "submit") return;
    event.detail.path = form.getAttribute("hx-post");
    for (const { name } of all("button[name]", form)) delete event.detail.parameters[name];
  });

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

  // --- a page that asks for news by itself does so only while it is seen ----------------------------------------------
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.matches("[data-live]")) event.preventDefault();
  });

  // --- fragments ----------------------------------------------------------------------------------------------------
  document.addEventListener("htmx:responseError", (event) => event.target.matches("[data-keep], [data-live]") || say(words("failed")));
  document.addEventListener("htmx:sendError", (event) => event.target.matches("[data-keep], [data-live]") || say(words("no_answer")));
  document.addEventListener("htmx:load", (event) => start(event.detail.elt));

  function start(root) {
    startFigures(root);
    all("[data-keep]", root).forEach((block) => (nameOf(block) ? startKeeping(block) : startForm(block)));
    all("[data-kept-of]", root).forEach(showKept);
    root.querySelector(".error-summary")?.focus();
  }
  window.dlstart = { say, show, csrf, words, number };
  showRefused(forgetTaken());
  start(document);
})();
