/* What a script adds to pages that work without one: fresh counts, keys,
   and a canned note put into its field.  No text is ever made into markup. */
"use strict";
(function () {
  const every = 60000;

  async function refresh() {
    if (document.hidden) { return; }
    try {
      const answer = await fetch("/api/v1/counts", { credentials: "same-origin" });
      if (!answer.ok) { return; }
      const counts = await answer.json();
      for (const place of document.querySelectorAll("[data-count]")) {
        const value = counts[place.dataset.count];
        if (typeof value === "number") { place.textContent = String(value); }
      }
    } catch (error) { /* the next minute tries again */ }
  }
  setInterval(refresh, every);
  document.addEventListener("visibilitychange", refresh);

  /* --- keys ----------------------------------------------------------- */
  const entries = Array.from(document.querySelectorAll("[data-entry]"));
  let at = -1;

  function choose(step) {
    if (entries.length === 0) { return; }
    if (at >= 0) { entries[at].classList.remove("chosen"); }
    at = Math.max(0, Math.min(entries.length - 1, at + step));
    entries[at].classList.add("chosen");
    entries[at].querySelector("a").focus();
  }

  function press(key) {
    const target = document.querySelector('[data-key="' + key + '"]');
    if (target === null) { return; }
    if (target.tagName === "TEXTAREA" || target.tagName === "INPUT") { target.focus(); } else { target.click(); }
  }

  document.addEventListener("keydown", function (event) {
    const field = event.target.closest("input, textarea, select");
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (field !== null && field.type !== "checkbox") {
      if (event.key === "Escape") { field.blur(); }
      return;
    }
    if (event.key === "j") { choose(1); }
    else if (event.key === "k") { choose(-1); }
    else if (event.key === "x" && at >= 0) {
      const box = entries[at].querySelector("input[type=checkbox]");
      if (box !== null) { box.checked = !box.checked; }
    }
    else if ("qptnruea/".includes(event.key)) { press(event.key); event.preventDefault(); }
  });

  /* --- canned notes ----------------------------------------------------- */
  for (const list of document.querySelectorAll("select[data-note]")) {
    list.addEventListener("change", function () {
      const note = document.getElementById(list.dataset.note);
      const words = list.selectedOptions[0].dataset.words;
      if (note !== null && words !== undefined) { note.value = words; }
    });
  }

  const all = document.getElementById("choose-all");
  if (all !== null) {
    all.hidden = false;
    all.querySelector("input").addEventListener("change", function (event) {
      for (const box of document.querySelectorAll("input[name=id]")) { box.checked = event.target.checked; }
    });
  }
})();
