/* Opens what a link points to, prints everything, and searches the transcript. */
"use strict";
(() => {
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.hidden = false;
    for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
    target.scrollIntoView({ block: "center" });
    if (target.tabIndex === -1) target.focus({ preventScroll: true });
  }
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });

  const form = document.querySelector("[data-search]");
  if (!form) return;
  const field = form.querySelector("#find");
  const onlyFailures = form.querySelector("#only-failures");
  const found = form.querySelector("#found");
  const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const lines = [...document.querySelectorAll("[data-lines] > li")].map((line) => ({
    line, text: folded(line.textContent), bad: line.classList.contains("bad"),
  }));

  function search() {
    const wanted = folded(field.value.trim()).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const one of lines) {
      const fits = (!onlyFailures.checked || one.bad) && wanted.every((word) => one.text.includes(word));
      one.line.hidden = !fits;
      count += fits;
    }
    const isAll = !wanted.length && !onlyFailures.checked;
    found.textContent = isAll ? "" : `${count} of ${lines.length} lines`;
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  field.addEventListener("input", search);
  onlyFailures.addEventListener("change", search);
})();
