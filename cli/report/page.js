"use strict";
// Comfort only: everything is in the page without it.
(function () {
  function openAll(open) {
    document.querySelectorAll("details").forEach(function (details) { details.open = open; });
  }
  function button(text, action) {
    var made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", function () { action(made); });
    return made;
  }
  function showTarget() {
    var target = document.getElementById(location.hash.slice(1));
    for (var at = target; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") at.open = true;
    }
    if (target) target.scrollIntoView();
  }
  var tools = document.getElementById("tools");
  var filter = button("Only what did not pass", function (self) {
    var on = document.body.classList.toggle("only-problems");
    self.setAttribute("aria-pressed", String(on));
  });
  filter.setAttribute("aria-pressed", "false");
  tools.append(filter, button("Open all", function () { openAll(true); }), button("Close all", function () { openAll(false); }));
  tools.hidden = false;
  window.addEventListener("hashchange", showTarget);
  if (location.hash) showTarget();
})();
