// The budget as a slider beside its number; without script the number is sent as a form.
(() => {
  "use strict";
  const form = document.querySelector("[data-budget]");
  if (!form) return;
  const number = form.elements.namedItem("budget"), slider = form.querySelector('[type="range"]');
  slider.hidden = false;
  slider.addEventListener("input", () => { number.value = slider.value; });
  number.addEventListener("input", () => {
    const marks = document.documentElement.lang === "de" ? /[. ]/g : /[, ]/g;
    const typed = Number(number.value.replace(marks, "").replace(",", "."));
    if (number.value.trim() && Number.isFinite(typed)) slider.value = typed;
  });
})();
