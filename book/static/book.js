// What is wider than the page scrolls sideways; a keyboard reaches it only if it can have the focus.
const parts = document.querySelectorAll("pre, .math-wrapper, .table-wrapper");

function mark(part) {
  if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
  else part.removeAttribute("tabindex");
}

const sizes = new ResizeObserver((entries) => entries.forEach((entry) => mark(entry.target)));
parts.forEach((part) => sizes.observe(part));
// A formula gets its width later, and its frame keeps its own.
addEventListener("load", () => window.MathJax?.startup.promise.then(() => parts.forEach(mark)));
