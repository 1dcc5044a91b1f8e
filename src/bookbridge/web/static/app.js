// Small help for the pages; every page works without it.
"use strict";

// A log-in link signs in by itself; a program that only previews links runs no script and uses nothing up.
document.querySelectorAll("form[data-submit-at-once]").forEach((form) => form.requestSubmit());

// "Live" can be paused: people read and tab through the page in peace.
const KEY = "bookbridge-live";
function isLive() {
  const box = document.getElementById("live-switch");
  return box === null || box.checked;
}
function restoreSwitch() {
  const box = document.getElementById("live-switch");
  if (box !== null) {
    box.checked = sessionStorage.getItem(KEY) !== "off";
  }
}
restoreSwitch();
document.addEventListener("change", (event) => {
  if (event.target.id === "live-switch") {
    sessionStorage.setItem(KEY, event.target.checked ? "on" : "off");
  }
});

// A refresh says that it is one: it does not keep a session open that nobody uses.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.dataset.live !== undefined) {
    event.detail.headers["X-Live"] = "1";
  }
});

// A refresh never takes the focus away, and never runs while somebody is inside the part it would replace.
document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.target;
  if (part.dataset.live === undefined) {
    return;
  }
  const isInside = part.contains(document.activeElement) && document.activeElement !== document.body;
  if (!isLive() || isInside || document.hidden) {
    event.preventDefault();
  }
});

// An ended session answers with the log-in page: go there instead of showing it inside a page.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (new URL(event.detail.xhr.responseURL).pathname === "/login") {
    event.preventDefault();
    window.location.assign("/login");
  }
});
