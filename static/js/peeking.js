// The Peeking Lab: coin-flip files against a made-up test set, on three boards. Also what the tests compute again in Python.
(() => {
  "use strict";
  const N = 1000, FLOOR = 0.5, STEP = 0.02, RUNGS = 25, GATE_Z = 1.645, SLACK = 1e-9, LIMIT = 48, ALPHA = 0.05, DAYS = 364;

  // --- the generator (mulberry32): the same seed, the same flips ----------------------------------------------------
  function generator(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return (t ^ (t >>> 14)) >>> 0;
    };
  }
  const flips = (next) => Array.from({ length: N }, () => next() >>> 31);
  const right = (labels, guess) => labels.map((label, row) => (label === guess[row] ? 1 : 0));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

  // --- the sealed ladder, as the server has it (datasets/core/sealed_ladder.py) --------------------------------------
  function bits(t, j) {
    let choose = 0;
    for (let i = 1; i <= j; i += 1) choose += Math.log2((t - 1 - j + i) / i);
    return Math.log2(t * (t + 1) * (j + 1) * (j + 2)) + choose + j * Math.log2(RUNGS);
  }
  function kl(p, q) {
    const at = Math.min(Math.max(q, 1e-15), 1 - 1e-15);
    return (p > 0 ? p * Math.log(p / at) : 0) + (p < 1 ? (1 - p) * Math.log((1 - p) / (1 - at)) : 0);
  }
  function bisect(start, end, holds) {
    let inside = start, outside = end;
    for (let i = 0; i < 60; i += 1) {
      const middle = (inside + outside) / 2;
      if (holds(middle)) inside = middle; else outside = middle;
    }
    return inside;
  }
  function interval(rung, spent) {
    const allowed = Math.log(2 / ALPHA) + spent * Math.log(2), top = Math.min(1, rung + STEP);
    return [bisect(rung, 0, (q) => N * kl(rung, q) <= allowed), bisect(top, 1, (q) => N * kl(top, q) <= allowed)];
  }
  function look(ladder, rows) {
    const spent = bits(ladder.t + 1, ladder.j);
    if (spent > LIMIT) return { full: true, released: false };
    const value = mean(rows), better = rows.map((x, row) => x - (ladder.best ? ladder.best[row] : FLOOR)), gain = mean(better);
    const spread = Math.sqrt(better.reduce((sum, d) => sum + (d - gain) ** 2, 0) / (N - 1));
    const gate = Math.max(STEP, (GATE_Z * spread) / Math.sqrt(N)), k = Math.floor((value - FLOOR) / STEP + 1e-9);
    ladder.t += 1;
    ladder.bits = spent;
    if (gain < gate - SLACK || k <= ladder.k) return { released: false, bits: spent };
    const rung = FLOOR + k * STEP, [lower, upper] = interval(rung, spent);
    Object.assign(ladder, { j: ladder.j + 1, k, best: rows, rung, lower, upper });
    return { released: true, rung, lower, upper, bits: spent };
  }

  // --- a game: one coin-flip file a day ------------------------------------------------------------------------------
  function game(seed) {
    const next = generator(seed), labels = flips(next);
    const board = () => ({ votes: new Array(N).fill(0), files: 0, shown: null });
    const naive = board(), weekly = board(), sealed = { ...board(), t: 0, j: 0, k: 0, best: null, rung: null, bits: 0, full: false };
    const state = { day: 0, naive, weekly, sealed, history: [], shown: false };
    const cast = (at, guess, sign) => guess.forEach((flip, row) => { at.votes[row] += sign * (2 * flip - 1); });
    const majority = (at) => at.votes.map((vote, row) => (vote === 0 ? row % 2 : Number(vote > 0)));
    function exact(at, guess, rows) {
      at.files += 1;
      cast(at, guess, Math.sign(mean(rows) - 0.5));
      at.shown = mean(right(labels, majority(at)));
    }
    function sealedLook(guess, rows) {
      const said = look(sealed, rows);
      if (said.full) sealed.full = true; else sealed.files += 1;
      if (said.released && guess) cast(sealed, guess, 1);
    }
    state.play = () => {
      if (state.day >= DAYS || state.shown) return false;
      state.day += 1;
      const guess = flips(next), rows = right(labels, guess);
      exact(naive, guess, rows);
      if (state.day % 7 === 0) {
        exact(weekly, guess, rows);
        sealedLook(guess, rows);
      }
      state.history.push([naive.shown, weekly.shown, sealed.rung]);
      return true;
    };
    state.reveal = () => {
      if (state.shown || !state.day) return;
      sealedLook(null, right(labels, majority(sealed)));
      state.history[state.day - 1][2] = sealed.rung;
      state.shown = true;
    };
    return state;
  }
  window.peekingLab = { generator, bits, interval, look, game, N };

  // --- the page ------------------------------------------------------------------------------------------------------
  const root = document.querySelector("[data-lab]");
  if (!root) return;
  const { words, number } = window.dlstart;
  const percent = (value) => words("percent", { number: number(100 * value, 1) });
  const part = (name) => root.querySelector(`[data-lab-${name}]`);
  const buttons = [...root.querySelectorAll("button[data-lab-act]")];
  let seed = Number(root.dataset.lab), now = game(seed);

  const says = {
    naive: () => (now.naive.shown === null ? "–" : percent(now.naive.shown)),
    weekly: () => (now.weekly.shown === null ? "–" : percent(now.weekly.shown)),
    sealed: () => (now.sealed.rung === null ? (now.sealed.files ? words("no") : "–") : words("or_more", { number: number(100 * now.sealed.rung) })),
  };
  const adds = (shown) => (shown === null ? "–" : `${shown >= 0.5 ? "+" : "\u2212"}${number(100 * Math.abs(shown - 0.5), 1)}`);

  function draw() {
    const svg = part("chart"), width = Math.max(280, svg.clientWidth), height = 240, left = 40, right_ = 12, top = 12, bottom = 28;
    const x = (day) => left + ((width - left - right_) * day) / DAYS, y = (value) => height - bottom - ((height - top - bottom) * (value - 0.45)) / 0.3;
    const make = (name, values, text) => {
      const node = document.createElementNS("http://www.w3.org/2000/svg", name);
      Object.entries(values).forEach(([key, value]) => node.setAttribute(key, value));
      if (text) node.textContent = text;
      return node;
    };
    const nodes = [];
    for (const tick of [0.5, 0.6, 0.7]) {
      nodes.push(make("line", { class: "bar-tick", x1: left, x2: width - right_, y1: y(tick), y2: y(tick), opacity: 0.5 }));
      nodes.push(make("text", { class: "bar-text", x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, words("percent", { number: number(100 * tick) })));
    }
    for (const [day, text, anchor] of [[0, "0", "start"], [182, words("weeks"), "middle"], [364, "52", "end"]]) {
      nodes.push(make("text", { class: "bar-text", x: x(day), y: height - 8, "text-anchor": anchor }, text));
    }
    if (now.shown) nodes.push(make("line", { class: "line-level", x1: left, x2: width - right_, y1: y(0.5), y2: y(0.5) }));
    ["line-train", "line-validation", "line-sealed"].forEach((name, at) => {
      const points = now.history.map((row, day) => [row[at], day + 1]).filter(([value]) => value !== null);
      const steps = points.map(([value, day]) => `${x(day).toFixed(1)},${y(value).toFixed(1)}`);
      if (points.length > 1) nodes.push(make("polyline", { class: name, points: steps.join(" "), fill: "none" }));
      if (points.length === 1) nodes.push(make("circle", { class: name, cx: x(points[0][1]), cy: y(points[0][0]), r: 3, fill: "none" }));
    });
    svg.setAttribute("height", height);
    svg.replaceChildren(...nodes);
  }

  function show(text) {
    for (const name of ["naive", "weekly", "sealed"]) {
      part(`${name}-files`).textContent = now[name].files;
      part(`${name}-says`).textContent = says[name]();
      part(`${name}-true`).textContent = now.shown ? percent(0.5) : words("sealed");
      part(`${name}-luck`).textContent = now.shown ? adds(name === "sealed" ? now.sealed.rung : now[name].shown) : "–";
    }
    part("status").textContent = text;
    part("day").textContent = now.day;
    for (const button of buttons) {
      const act = button.dataset.labAct;
      button.disabled = act === "again" ? false : now.shown || (act === "reveal" ? now.day === 0 : now.day >= DAYS);
    }
    draw();
  }

  function told() {
    const sealed = !now.sealed.files ? words("sealed_waits") : now.sealed.rung === null ? words("sealed_no") : words("sealed_says", { score: says.sealed() });
    const weekly = now.weekly.shown === null ? words("weekly_waits") : words("weekly_says", { score: says.weekly() });
    return words("day", { day: now.day, days: DAYS, naive: says.naive(), weekly, sealed });
  }
  const acts = { file: 1, week: 7, year: DAYS };
  root.addEventListener("click", (event) => {
    const act = event.target.closest("button[data-lab-act]")?.dataset.labAct;
    if (!act) return;
    if (act in acts) {
      for (let i = 0; i < acts[act] && now.play(); i += 1);
      show(told() + (now.day >= DAYS ? ` ${words("over")}` : ""));
    } else if (act === "reveal") {
      now.reveal();
      const sealed = now.sealed.rung === null ? words("sealed_nothing") : words("sealed_said", { score: says.sealed(), low: percent(now.sealed.lower), high: percent(now.sealed.upper) });
      show(`${words("truth", { half: percent(0.5), naive: says.naive(), weekly: says.weekly() })} ${sealed}`);
      part("again").focus();
    } else {
      seed += 1;
      now = game(seed);
      show(`${words("anew")} ${words("nothing")}`);
    }
  });
  new ResizeObserver(draw).observe(part("chart"));
  root.hidden = false;
  show(words("nothing"));
})();
