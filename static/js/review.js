// Scoring by keyboard: 1 to 5 score, 0 cannot judge, n and p go to the next and the last criterion, Ctrl+S saves,
// Ctrl+Enter submits and goes to the next review.
(() => {
  "use strict";
  const form = document.querySelector("[data-review]");
  if (!form) return;
  const scales = [...form.querySelectorAll("fieldset.scale")];
  const boxes = (scale) => [...scale.querySelectorAll('input[type="radio"]')];
  let at = 0;
  const here = () => {
    const focused = scales.indexOf(document.activeElement?.closest("fieldset.scale"));
    return focused < 0 ? at : focused;
  };
  function go(to) {
    at = Math.min(scales.length - 1, Math.max(0, to));
    const box = boxes(scales[at]);
    (box.find((each) => each.checked) || box[0]).focus({ preventScroll: true });
    scales[at].scrollIntoView({ block: "nearest" });
  }
  function score(value) {
    const box = boxes(scales[here()]).find((each) => each.value === value);
    if (!box) return;
    box.checked = true;
    box.focus({ preventScroll: true });
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-submit]"));
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      window.htmx?.trigger(form, "change");
      return;
    }
    if (!document.body.hasAttribute("data-keys") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('textarea, select, input:not([type="radio"]), [contenteditable]')) return;
    if (/^[0-5]$/.test(event.key)) { event.preventDefault(); score(event.key); }
    else if (event.key === "n") { event.preventDefault(); go(here() + 1); }
    else if (event.key === "p") { event.preventDefault(); go(here() - 1); }
  });
})();
