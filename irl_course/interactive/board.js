// The page's half of board.py. It shows what Python says, and tells Python what was pressed.
const HELD = 100; // ms between the steps of a key that is held down
const PATIENCE = 600; // ms without an answer, after which a sentence says that the board waits

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function render({ model, el }) {
  const scene = make("div");
  const overlay = make("div", { class: "overlay" });
  // JupyterLab's own keys (d d deletes a cell) rest while the picture has the focus.
  const stage = make("div", { class: "stage", tabindex: 0, role: "application",
    "data-lm-suppress-shortcuts": "true" }, scene, overlay);
  const groups = make("div", { class: "groups" });
  const beside = make("div", { class: "beside" });
  const status = make("p", { class: "status", role: "status", "aria-live": "polite" });
  const waits = make("p", { class: "waits", role: "status", hidden: "" });
  const world = make("div", { class: "world" }, stage, groups);
  const row = make("div", { class: "row" }, world, beside);
  const root = make("div", { class: "irl-board" }, row, status, waits);

  // --- what Python says
  const show = {
    scene: () => {
      scene.innerHTML = model.get("scene");
      stage.style.width = scene.firstElementChild?.style.maxWidth ?? "";
      world.classList.toggle("slim", parseFloat(stage.style.width) < 260);
    },
    overlay: () => { overlay.innerHTML = model.get("overlay"); },
    status: () => { status.textContent = model.get("status"); },
    label: () => stage.setAttribute("aria-label", model.get("label")),
    draws: () => stage.classList.toggle("draws", model.get("draws")),
    beside: () => {
      beside.innerHTML = model.get("beside");
      row.classList.toggle("shared", beside.innerHTML !== "");
    },
    buttons: () => model.get("buttons").forEach(update),
    turn: () => { waiting = clearTimeout(waiting); waits.hidden = true; },
  };
  let waiting;
  for (const [name, shown] of Object.entries(show)) {
    shown();
    model.on(`change:${name}`, () => { if (name !== "turn") stop(); shown(); });
  }

  // A button stays the same node, so that no press falls between two of them.
  function update({ does, text, key, group, on, off }) {
    let button = groups.querySelector(`[data-does="${CSS.escape(does)}"]`);
    if (!button) {
      // Every button has a key: the picture is the board's one stop for Tab.
      button = make("button", { type: "button", tabindex: -1, "data-does": does },
        make("span", {}, text), make("kbd", { "aria-hidden": "true" }, key));
      groupOf(group, on !== undefined).append(button);
    }
    button.disabled = Boolean(off);
    if (on === undefined) return;
    button.setAttribute("role", "radio");
    button.setAttribute("aria-checked", on);
  }

  function groupOf(name, radio) {
    const old = groups.querySelector(`[data-group="${name}"]`);
    if (old) return old;
    const role = radio ? "radiogroup" : "group";
    const node = make("div", { "data-group": name, role, "aria-label": name });
    groups.append(node);
    return node;
  }

  // --- what was pressed
  function send(message) {
    try {
      model.send(message);
    } catch {
      clearTimeout(waiting);
      tell("Python is not running: run this cell again.");
      return;
    }
    waiting ??= setTimeout(tell, PATIENCE, "Python is busy: it takes what you press in order.");
  }

  function tell(sentence) {
    waits.textContent = sentence;
    waits.hidden = false;
  }

  function press(does) {
    const again = playing() && does === "replay";
    if (again && !pause && frames.length) return next();
    stop();
    if (!again) send({ does });
  }

  let held = 0;
  stage.addEventListener("keydown", (event) => {
    const keys = model.get("shortcuts");
    const does = keys[event.key] ?? keys[event.key.toLowerCase()];
    if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    // A held key steps on when the last step has been answered: it cannot run ahead.
    if (event.repeat && (waiting || event.timeStamp - held < HELD)) return;
    held = event.timeStamp;
    press(does);
  });

  root.addEventListener("mousedown", (event) => {
    if (event.target.closest("button")) event.preventDefault(); // the focus stays on the picture
  });
  groups.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    stage.focus({ preventScroll: true });
    press(button.dataset.does);
  });

  let last;
  function point(event, moved) {
    const { left, size, rows, cols } = model.get("cells");
    const svg = overlay.querySelector("svg");
    if (!size || !svg) return;
    const { x, y } = new DOMPoint(event.clientX, event.clientY)
      .matrixTransform(svg.getScreenCTM().inverse());
    const [row, col] = [Math.floor(y / size), Math.floor((x - left) / size)];
    if (row < 0 || col < 0 || row >= rows || col >= cols) return;
    if (moved && last === `${row} ${col}`) return;
    last = `${row} ${col}`;
    stop();
    send({ row, col, moved });
  }
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    stage.focus({ preventScroll: true });
    point(event, false);
    if (model.get("draws")) stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) point(event, true);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, () => { if (model.get("draws")) send({ does: "lift" }); });
  }

  // --- a replay: frames are [overlay, sentence]; any key or change ends it
  let [frames, pause, timer] = [[], 0, 0];
  const playing = () => root.classList.contains("plays");

  function next() {
    [overlay.innerHTML, status.textContent] = frames.shift();
    if (pause) timer = setTimeout(frames.length ? next : stop, pause);
  }

  function stop() {
    if (!playing()) return;
    clearTimeout(timer);
    root.classList.remove("plays");
    status.setAttribute("aria-live", "polite");
    show.overlay();
    show.status();
  }

  model.on("msg:custom", (message) => {
    stop();
    [frames, pause] = [[...message.frames], message.pause]; // other views have the same message
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) pause = 0; // a press, a step
    root.classList.add("plays");
    status.setAttribute("aria-live", pause ? "off" : "polite"); // not 50 sentences
    next();
  });

  el.append(root);
  return () => clearTimeout(timer);
}

export default { render };
