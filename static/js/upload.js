// Uploads in pieces: a lost connection goes on by itself, and the same file chosen again goes on from where it was.
// Without script the form sends the file whole.
(() => {
  "use strict";
  const PIECE = 8 * 2 ** 20;
  const { say, show, csrf, words, number } = window.dlstart;
  const pause = (seconds) => new Promise((wake) => setTimeout(wake, 1000 * seconds));
  const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const megabytes = (bytes) => `${number(bytes / 1e6, 1)} MB`;
  const left = (seconds) => (seconds < 55 ? words("seconds_left", { seconds: Math.max(5, 5 * Math.round(seconds / 5)) }) : words("minutes_left", { minutes: Math.max(1, Math.round(seconds / 60)) }));

  class Stopped extends Error {}
  class Refused extends Error {}

  // One request; an answer of 4xx is an answer too, a lost connection or a fault of the server (5xx) is an Error.
  function ask(work, method, url, { headers = {}, body = null, progress } = {}) {
    return new Promise((resolve, reject) => {
      if (work.stopped) { reject(new Stopped()); return; }
      const request = (work.request = new XMLHttpRequest());
      request.upload.onprogress = (step) => progress?.(step.loaded);
      request.onload = () => (request.status < 500 || request.status === 507 ? resolve(request) : reject(new Error(request.status)));
      request.onerror = request.ontimeout = () => reject(new Error("connection"));
      request.onabort = () => reject(new Stopped());
      request.open(method, url);
      for (const [name, value] of Object.entries({ "X-CSRFToken": csrf(), ...headers })) request.setRequestHeader(name, value);
      request.send(body);
    });
  }

  function refusal(answer) {
    try {
      const said = JSON.parse(answer.responseText);
      return new Refused([said.detail, said.next].filter(Boolean).join(" "));
    } catch {
      return new Refused(words("refused"));
    }
  }

  // The server keeps what came for a day; this browser keeps its address under the file's name, size and date.
  const places = {
    key: (form, file) => `dlstart:upload:${form.dataset.upload}:${file.name}:${file.size}:${file.lastModified}`,
    get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, address) => { try { if (address) localStorage.setItem(key, address); else localStorage.removeItem(key); } catch { /* no storage: it begins anew after a reload */ } },
  };

  async function begin(work, form, file) {
    const headers = { "Upload-Length": file.size, "Upload-Metadata": `filename ${base64(file.name)}` };
    const answer = await ask(work, "POST", form.dataset.upload, { headers });
    if (answer.status !== 201) throw refusal(answer);
    return answer.getResponseHeader("Location");
  }

  async function sendPieces(work, form, file, tell) {
    const key = places.key(form, file);
    let address = places.get(key), offset = null, failures = 0;
    work.forget = () => { places.set(key, null); return address; };
    while (offset !== file.size) {
      try {
        if (!address) {
          address = await begin(work, form, file);
          places.set(key, address);
          offset = 0;
        } else if (offset === null) {
          const answer = await ask(work, "HEAD", address);
          if (answer.status >= 400) { address = null; places.set(key, null); continue; }
          offset = Number(answer.getResponseHeader("Upload-Offset"));
          if (offset) tell.resumed(offset);
          if (offset === file.size) break;
        }
        const piece = await file.slice(offset, offset + PIECE).arrayBuffer().catch(() => { throw new Refused(words("moved")); });
        const answer = await ask(work, "PATCH", address, {
          headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": offset },
          body: piece,
          progress: (sent) => tell.at(offset + sent),
        });
        if (answer.status === 204) { offset = Number(answer.getResponseHeader("Upload-Offset")); failures = 0; }
        else if (answer.status === 409 && failures < 30) { failures += 1; offset = null; await pause(1); }
        else throw refusal(answer);
      } catch (fault) {
        if (fault instanceof Stopped || fault instanceof Refused) throw fault;
        failures += 1;
        offset = null;
        const wait = Math.min(30, 2 ** Math.min(failures, 5));
        tell.lost(wait);
        await pause(wait);
      }
    }
    return address;
  }

  // A bar, words that change with every piece of news, and the same words for listeners at most every 10 seconds.
  function progressBox(file) {
    const box = document.createElement("div");
    box.className = "progress";
    const bar = Object.assign(document.createElement("progress"), { max: 100, value: 0 });
    bar.setAttribute("aria-label", words("upload_of", { file: file.name }));
    const shown = Object.assign(document.createElement("p"), { textContent: "0%" });
    shown.setAttribute("aria-hidden", "true");
    const spoken = Object.assign(document.createElement("p"), { className: "hide-text" });
    spoken.setAttribute("role", "status");
    const stop = Object.assign(document.createElement("button"), { type: "button", className: "button button--small button--stop", textContent: words("stop_upload") });
    const row = Object.assign(document.createElement("div"), { className: "row" });
    row.append(stop);
    box.append(bar, shown, spoken, row);
    let from = null, spokenAt = 0, resumed = "";
    const note = (text, urgent = false) => {
      shown.textContent = text;
      if (urgent || performance.now() - spokenAt >= 10_000) { spoken.textContent = text; spokenAt = performance.now(); }
    };
    return {
      box, stop, note,
      resumed(offset) {
        from = null;
        resumed = `${words("resumed", { size: megabytes(offset) })} `;
      },
      at(bytes) {
        from ??= { bytes, at: performance.now() };
        bar.value = (100 * bytes) / file.size;
        const seconds = (performance.now() - from.at) / 1000;
        const wait = seconds >= 2 && bytes > from.bytes ? ((file.size - bytes) * seconds) / (bytes - from.bytes) : null;
        note(`${resumed}${words("sent", { percent: Math.floor(bar.value), size: megabytes(file.size) })}${wait === null ? "" : `, ${left(wait)}`}`);
      },
      lost(wait) {
        from = null;
        note(words("connection_lost", { percent: Math.floor(bar.value), seconds: wait }), true);
      },
    };
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const input = form.matches("form[data-upload]") && form.querySelector('input[type="file"]');
    const file = input && input.files[0];
    if (!file || event.defaultPrevented) return;
    event.preventDefault();
    const act = event.submitter || form.querySelector('[type="submit"]');
    const tell = progressBox(file), work = { stopped: false };
    act.hidden = true;
    form.querySelector(".notice")?.remove();
    form.append(tell.box);
    tell.stop.addEventListener("click", () => { work.stopped = true; work.request?.abort(); });
    const leaving = (leave) => leave.preventDefault();
    addEventListener("beforeunload", leaving);
    try {
      const address = await sendPieces(work, form, file, tell);
      tell.stop.hidden = true;
      tell.note(words("all_here"), true);
      const body = new FormData(form, act);
      body.delete(input.name);
      body.set("upload", address.split("/").pop());
      const answer = await ask(work, "POST", form.action, { body });
      removeEventListener("beforeunload", leaving);
      if (answer.status < 400) work.forget();
      show(answer.responseText, answer.responseURL);
    } catch (fault) {
      if (fault instanceof Stopped) {
        const address = work.forget?.();
        if (address) fetch(address, { method: "DELETE", headers: { "X-CSRFToken": csrf() } });
        say(words("upload_stopped"));
      } else {
        const problem = Object.assign(document.createElement("p"), { className: "notice notice--warn", textContent: fault instanceof Refused ? fault.message : words("press_again") });
        problem.setAttribute("role", "alert");
        form.append(problem);
      }
    } finally {
      removeEventListener("beforeunload", leaving);
      act.hidden = false;
      tell.box.remove();
    }
  });
})();
