// Lines and areas that a person draws on a picture. A line: drag from end to end. An area: click its
// corners, then the first one again (or Finish). Points are moved by dragging them. Python is told
// after each change.
const SVG = "http://www.w3.org/2000/svg", NEAR = 9;

export default function (component) {
  const root = component.parentElement.querySelector(".shapes");
  const view = root.view ?? (root.view = start(root));
  const data = component.data;
  if (data.key !== view.key)
    Object.assign(view, { key: data.key, shapes: structuredClone(data.shapes), chosen: -1, drag: null, open: null });
  if (view.data && view.data.kind !== data.kind) view.open = null;
  view.data = data;
  view.tell = () => component.setStateValue("shapes", { key: view.key, shapes: view.shapes });
  root.setAttribute("aria-label", data.alt);
  for (const name of ["finish", "remove"]) root.querySelector("." + name).textContent = data.words[name];
  root.querySelector(".hint").textContent = data.words["hint_" + data.kinds[data.kind].form];
  root.querySelector("img").src = data.source;
  root.querySelector("svg").setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
  view.draw();
}

function start(root) {
  const svg = root.querySelector("svg");
  const view = { key: null, shapes: [], chosen: -1, drag: null, open: null, data: null };
  const unit = () => view.data.width / Math.max(svg.clientWidth, 1);
  const at = (event) => {
    const place = svg.getBoundingClientRect(), { width, height } = view.data;
    const x = ((event.clientX - place.left) / place.width) * width;
    const y = ((event.clientY - place.top) / place.height) * height;
    return [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)].map((v) => Math.round(v * 10) / 10);
  };
  const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) / unit();
  const add = (tag, values, text) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(values)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    svg.append(node);
    return node;
  };
  const path = (points) => points.map((p) => p.join(",")).join(" ");

  view.draw = () => {
    svg.replaceChildren();
    const u = unit(), { kinds } = view.data;
    view.shapes.forEach((shape, number) => {
      const facts = kinds[shape.kind];
      if (!facts) return;
      const bold = number === view.chosen ? 4 * u : 2.5 * u;
      const form = facts.form === "line" ? "polyline" : "polygon";
      const look = { points: path(shape.points), fill: facts.form === "line" ? "none" : facts.color + "1c", stroke: facts.color };
      add(form, { ...look, "stroke-width": bold, "stroke-linejoin": "round" });
      const [a, b] = shape.points;
      if (facts.form === "line") {
        const long = Math.max(Math.hypot(b[0] - a[0], b[1] - a[1]), 1e-9);
        const right = [(-(b[1] - a[1]) / long) * 24 * u, ((b[0] - a[0]) / long) * 24 * u];
        const mid = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], tip = [mid[0] + right[0], mid[1] + right[1]];
        const along = [((b[0] - a[0]) / long) * 6 * u, ((b[1] - a[1]) / long) * 6 * u];
        const back = [mid[0] + right[0] * 0.65, mid[1] + right[1] * 0.65];
        const head = [[back[0] + along[0], back[1] + along[1]], tip, [back[0] - along[0], back[1] - along[1]]];
        add("polyline", { points: path([mid, tip]), stroke: facts.color, "stroke-width": 2 * u, fill: "none" });
        add("polyline", { points: path(head), stroke: facts.color, "stroke-width": 2 * u, fill: "none" });
        if (shape.side) add("text", { x: tip[0] + 6 * u, y: tip[1] + 4 * u, "font-size": 13 * u, fill: facts.color }, shape.side);
      }
      const top = shape.points.reduce((best, p) => (p[1] < best[1] ? p : best));
      const tx = Math.min(top[0] + 6 * u, view.data.width - 60 * u);
      add("text", { x: tx, y: Math.max(top[1] - 7 * u, 14 * u), "font-size": 14 * u, fill: facts.color }, shape.name);
      for (const p of shape.points) add("circle", { cx: p[0], cy: p[1], r: (number === view.chosen ? 6 : 4) * u, fill: facts.color });
    });
    if (view.open) {
      const color = view.data.kinds[view.data.kind].color;
      const points = view.hover ? [...view.open, view.hover] : view.open;
      add("polyline", { points: path(points), fill: "none", stroke: color, "stroke-width": 2.5 * u, "stroke-dasharray": `${6 * u} ${4 * u}` });
      for (const p of view.open) add("circle", { cx: p[0], cy: p[1], r: 5 * u, fill: color });
    }
    root.dataset.count = view.shapes.length;
    root.querySelector(".remove").disabled = view.chosen < 0 && !view.open;
    root.querySelector(".finish").disabled = !view.open || view.open.length < 3;
    root.querySelector(".finish").hidden = view.data.kinds[view.data.kind].form === "line";
  };
  const changed = () => { view.draw(); view.tell(); };
  const keep = (points) => {
    const { kind, kinds } = view.data, { most, name } = kinds[kind];
    const own = view.shapes.filter((s) => s.kind === kind);
    if (most && own.length >= most) view.shapes.splice(view.shapes.indexOf(own[own.length - 1]), 1);
    const names = new Set(view.shapes.map((s) => s.name));
    let number = 1;
    while (names.has(`${name} ${number}`)) number += 1;
    view.shapes.push({ kind, name: most === 1 ? name : `${name} ${number}`, points });
    view.chosen = view.shapes.length - 1;
    view.open = null;
    changed();
  };
  const finish = () => { if (view.open && view.open.length >= 3) keep(view.open); };
  const remove = () => {
    if (view.open) { view.open = null; view.draw(); return; }
    if (view.chosen < 0) return;
    view.shapes.splice(view.chosen, 1);
    view.chosen = -1;
    changed();
  };
  const grabbed = (point) => {
    for (let n = view.shapes.length - 1; n >= 0; n--)
      for (let k = 0; k < view.shapes[n].points.length; k++)
        // Only those of the chosen kind: a zone may begin on a lane's edge.
        if (view.shapes[n].kind === view.data.kind && apart(view.shapes[n].points[k], point) < NEAR) return [n, k];
    return null;
  };
  const over = (point) => {
    for (let n = view.shapes.length - 1; n >= 0; n--) {
      const { points, kind } = view.shapes[n];
      if (kind !== view.data.kind) continue;
      const closed = view.data.kinds[kind]?.form === "area";
      for (let k = 0; k < points.length - (closed ? 0 : 1); k++) {
        const a = points[k], b = points[(k + 1) % points.length];
        const long2 = Math.max((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2, 1e-9);
        const s = Math.min(Math.max(((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / long2, 0), 1);
        if (apart([a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1])], point) < NEAR) return n;
      }
    }
    return -1;
  };

  svg.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    root.focus();
    svg.setPointerCapture(event.pointerId);
    const point = at(event), found = view.open ? null : grabbed(point);
    view.drag = { from: point, moved: false, found };
    if (found) view.chosen = found[0];
    view.draw();
  });
  svg.addEventListener("pointermove", (event) => {
    const point = at(event);
    view.hover = view.open ? point : null;
    const { drag } = view;
    if (drag && apart(drag.from, point) > 4) drag.moved = true;
    if (drag?.found && drag.moved) view.shapes[drag.found[0]].points[drag.found[1]] = point;
    if (drag && !drag.found && drag.moved && view.data.kinds[view.data.kind].form === "line") view.open = [drag.from], view.hover = point;
    if (drag || view.open) view.draw();
  });
  svg.addEventListener("pointerup", (event) => {
    const point = at(event), { drag } = view, facts = view.data.kinds[view.data.kind];
    view.drag = null;
    if (!drag) return;
    if (drag.found) { if (drag.moved) changed(); else view.draw(); return; }
    if (facts.form === "line") {
      view.open = null;
      if (drag.moved) keep([drag.from, point]);
      else { view.chosen = over(point); view.draw(); }
      return;
    }
    if (!view.open) {
      const hit = over(point);
      if (hit >= 0) { view.chosen = hit; view.draw(); return; }
      view.open = [point];
    } else if (view.open.length >= 3 && apart(view.open[0], point) < NEAR) return finish();
    else view.open.push(point);
    if (facts.corners && view.open.length === facts.corners) return finish();
    view.draw();
  });
  svg.addEventListener("pointercancel", () => { view.drag = null; view.draw(); });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Delete" || event.key === "Backspace" || event.key === "Escape") { event.preventDefault(); remove(); }
    if (event.key === "Enter" && event.target === root) { event.preventDefault(); finish(); }
  });
  root.querySelector(".remove").addEventListener("click", remove);
  root.querySelector(".finish").addEventListener("click", finish);
  new ResizeObserver(() => view.data && view.draw()).observe(root);
  return view;
}
