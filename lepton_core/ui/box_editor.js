// Boxes that a person draws on a picture: drag for a new one, click one to choose it, then remove
// it or give it the class that is chosen beside the picture. Python is told after each change.
const LEAST = 3, SVG = "http://www.w3.org/2000/svg";

export default function (component) {
  const root = component.parentElement.querySelector(".boxes");
  const view = root.view ?? (root.view = start(root));
  const data = component.data;
  if (data.key !== view.key)
    Object.assign(view, { key: data.key, boxes: data.boxes.map((b) => ({ ...b })), chosen: -1, drag: null });
  view.data = data;
  view.tell = () => component.setStateValue("boxes", { key: view.key, boxes: view.boxes });
  root.setAttribute("aria-label", data.alt);
  for (const name of ["remove", "rename", "clear"]) root.querySelector("." + name).textContent = data.words[name];
  root.querySelector(".hint").textContent = data.words.hint;
  root.querySelector("img").src = data.source;
  root.querySelector("svg").setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
  view.draw();
}

function start(root) {
  const svg = root.querySelector("svg"), view = { key: null, boxes: [], chosen: -1, drag: null, data: null };

  const at = (event) => {
    const place = svg.getBoundingClientRect(), { width, height } = view.data;
    const x = ((event.clientX - place.left) / place.width) * width;
    const y = ((event.clientY - place.top) / place.height) * height;
    return [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)];
  };
  const span = ([ax, ay], [bx, by]) => ({
    x0: Math.round(Math.min(ax, bx)), y0: Math.round(Math.min(ay, by)),
    x1: Math.round(Math.max(ax, bx)), y1: Math.round(Math.max(ay, by)),
  });
  view.draw = () => {
    svg.replaceChildren();
    // As thin on the screen whatever the picture's size.
    const line = (2.5 * view.data.width) / Math.max(svg.clientWidth, 1);
    const shown = view.drag ? [...view.boxes, { ...view.drag.box, label: view.data.label }] : view.boxes;
    shown.forEach((box, number) => {
      const color = view.data.colors[box.label] ?? "#ffffff";
      const rect = document.createElementNS(SVG, "rect");
      const sides = { x: box.x0, y: box.y0, width: box.x1 - box.x0, height: box.y1 - box.y0 };
      for (const [name, value] of Object.entries(sides)) rect.setAttribute(name, Math.max(value, 0));
      rect.setAttribute("fill", number === view.chosen ? color + "55" : "transparent");
      rect.setAttribute("stroke", color);
      rect.setAttribute("stroke-width", number === view.chosen ? 2 * line : line);
      rect.dataset.number = number;
      svg.append(rect);
      const text = document.createElementNS(SVG, "text");
      text.textContent = view.data.names[box.label] ?? box.label;
      text.setAttribute("x", box.x0 + 2 * line);
      text.setAttribute("y", Math.max(box.y0 - 2 * line, 6 * line));
      text.setAttribute("font-size", 6 * line);
      text.setAttribute("fill", color);
      svg.append(text);
    });
    root.dataset.count = view.boxes.length;
    for (const name of ["remove", "rename"]) root.querySelector("." + name).disabled = view.chosen < 0;
    root.querySelector(".clear").disabled = !view.boxes.length;
  };
  const changed = () => { view.draw(); view.tell(); };
  const remove = () => {
    if (view.chosen < 0) return;
    view.boxes.splice(view.chosen, 1);
    view.chosen = -1;
    changed();
  };

  svg.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    root.focus();
    svg.setPointerCapture(event.pointerId);
    view.drag = { from: at(event), box: span(at(event), at(event)), number: Number(event.target.dataset.number ?? -1) };
  });
  svg.addEventListener("pointermove", (event) => {
    if (!view.drag) return;
    view.drag.box = span(view.drag.from, at(event));
    view.draw();
  });
  svg.addEventListener("pointerup", () => {
    if (!view.drag) return;
    const { box, number } = view.drag;
    view.drag = null;
    if (box.x1 - box.x0 >= LEAST && box.y1 - box.y0 >= LEAST) {
      view.boxes.push({ ...box, label: view.data.label });
      view.chosen = view.boxes.length - 1;
      changed();
    } else {
      view.chosen = number < view.boxes.length ? number : -1;
      view.draw();
    }
  });
  svg.addEventListener("pointercancel", () => { view.drag = null; view.draw(); });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); remove(); }
  });
  root.querySelector(".remove").addEventListener("click", remove);
  root.querySelector(".rename").addEventListener("click", () => {
    if (view.chosen < 0) return;
    view.boxes[view.chosen].label = view.data.label;
    changed();
  });
  root.querySelector(".clear").addEventListener("click", () => {
    view.boxes = [];
    view.chosen = -1;
    changed();
  });
  new ResizeObserver(() => view.data && view.draw()).observe(root);
  return view;
}
