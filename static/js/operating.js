// The page of the operating point: slider and number move together, and what they do is said. Without script the form is sent.
(() => {
  "use strict";
  const form = document.querySelector("[data-operating]");
  if (!form) return;
  const slider = form.querySelector('[type="range"]'), number = form.elements.namedItem("t"), told = document.getElementById("announce");
  slider.addEventListener("input", () => { number.value = slider.value; });
  number.addEventListener("input", () => { const typed = number.value.trim().replace(",", "."); if (typed && !Number.isNaN(Number(typed))) slider.value = typed; });
  document.getElementById("point").addEventListener("htmx:afterSwap", () => {
    const words = document.querySelector("[data-announce]")?.dataset.announce || "";
    slider.setAttribute("aria-valuetext", words);
    told.textContent = words;
  });
})();
