"use strict";

// Times come in UTC; the viewer's zone is known to the browser alone.
const clock = new Intl.DateTimeFormat(undefined, {hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false});
const day = new Intl.DateTimeFormat(undefined, {day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit", hour12: false});

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.textContent = ("day" in time.dataset ? day : clock).format(new Date(time.dateTime));
  }
}

document.addEventListener("DOMContentLoaded", () => localise(document));
document.addEventListener("htmx:after:swap", () => localise(document));

// Whether the page still hears from the server.
const link = (state) => () => { document.documentElement.dataset.link = state; };
document.addEventListener("htmx:after:sse:connection", link("live"));
document.addEventListener("htmx:after:sse:message", link("live"));
document.addEventListener("htmx:sse:error", link("lost"));
document.addEventListener("htmx:sse:close", link("lost"));
