"use strict";

// The viewer's own name, and filters, are kept by this browser alone.
const kept = {
  read(name) { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } },
  write(name, value) { try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* a private window keeps nothing */ } },
};

function keepName(field) {
  field.value = kept.read("tidemill.name") || "";
  field.addEventListener("change", () => kept.write("tidemill.name", field.value.trim()));
}

function savedFilters(box) {
  const key = `tidemill.filters.${box.dataset.page}`;
  const list = box.querySelector("ul");
  const show = () => {
    list.replaceChildren(...Object.entries(kept.read(key) || {}).map(([name, query]) => {
      const item = document.createElement("li");
      const link = Object.assign(document.createElement("a"), {href: `/${box.dataset.page}${query}`, textContent: name});
      const drop = Object.assign(document.createElement("button"), {type: "button", className: "plain", textContent: "forget"});
      drop.setAttribute("aria-label", `Forget the filter ${name}`);
      drop.addEventListener("click", () => {
        const {[name]: _, ...others} = kept.read(key) || {};
        kept.write(key, others);
        show();
        box.querySelector("input").focus();
      });
      item.append(link, " ", drop);
      return item;
    }));
  };
  box.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = box.querySelector("input");
    kept.write(key, {...kept.read(key), [field.value.trim()]: location.search});
    field.value = "";
    show();
  });
  box.hidden = false;
  show();
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("#corrected-by").forEach(keepName);
  document.querySelectorAll("#saved-filters").forEach(savedFilters);
});

// "Choose all" of a list of check boxes.
document.addEventListener("change", (event) => {
  const name = event.target.dataset && event.target.dataset.all;
  if (!name) return;
  for (const box of event.target.form.elements[name].length ? event.target.form.elements[name] : [event.target.form.elements[name]]) {
    if (!box.disabled) box.checked = event.target.checked;
  }
});

// One key a choice, only while the focus is within a result, so that no key is taken from anybody else.
document.addEventListener("keydown", (event) => {
  const row = event.target.closest && event.target.closest(".doubt");
  if (!row || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const rows = [...document.querySelectorAll(".doubt")];
  const to = (other) => other && focusRow(other);
  const choice = row.querySelectorAll(".choice")[Number(event.key) - 1];
  if (choice) choice.click();
  else if (event.key === "j") to(rows[rows.indexOf(row) + 1]);
  else if (event.key === "k") to(rows[rows.indexOf(row) - 1]);
  else if (event.key === "/") row.querySelector(".search").focus();
  else return;
  event.preventDefault();
});

function focusRow(row) {
  const first = row.querySelector(".choice");
  if (first) first.focus();
}

// The focus goes on to the next result when the one that held it has left the list.
let next = null;
document.addEventListener("htmx:before:request", (event) => {
  const row = event.target.closest && event.target.closest(".doubt");
  next = row ? row.nextElementSibling || row.previousElementSibling : null;
});
document.addEventListener("htmx:after:swap", () => {
  if (next && document.activeElement === document.body) focusRow(next);
});
