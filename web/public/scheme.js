// Runs before anything is painted, so that a page never flashes in the other scheme.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("modelyard.scheme");
  } catch {
    // Storage may be forbidden: then the system's scheme it is.
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
