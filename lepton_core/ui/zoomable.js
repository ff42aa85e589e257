// A picture that zooms by wheel, pinch or buttons and pans by dragging, with a bar of millimetres.
// It is called anew for every picture; zoom and place are kept until the picture's key changes.
const MOST = 24, STEP = 1.35, BAR_MM = [200, 100, 50, 20, 10, 5, 2, 1, 0.5], BAR_SHARE = 0.25;

export default function (component) {
  const root = component.parentElement.querySelector(".zoomable");
  const view = root.view ?? (root.view = start(root));
  const data = component.data;
  if (data.key !== view.key) Object.assign(view, { key: data.key, zoom: 1, x: 0, y: 0 });
  view.data = data;
  root.setAttribute("aria-label", data.alt);
  for (const name of ["closer", "wider", "whole"]) {
    const button = root.querySelector("." + name);
    button.title = data.words[name];
    button.setAttribute("aria-label", data.words[name]);
  }
  root.querySelector("img").src = data.source;
  view.draw();
}

function start(root) {
  const image = root.querySelector("img"), bar = root.querySelector(".bar");
  const view = { key: null, zoom: 1, x: 0, y: 0, data: null, fingers: new Map() };

  // Width and height of the whole picture in the frame, in pixels of the screen.
  const fitted = () => {
    const across = root.clientWidth, tall = Math.min(view.data.height, across / view.data.aspect);
    return [tall * view.data.aspect, tall, across];
  };
  view.draw = () => {
    if (!view.data || !root.clientWidth) return;
    const [width, height, across] = fitted();
    root.style.height = height + "px";
    // No further than to the picture's own edges.
    const far = [(width * view.zoom - across) / 2, (height * (view.zoom - 1)) / 2];
    view.x = Math.min(Math.max(view.x, -Math.max(far[0], 0)), Math.max(far[0], 0));
    view.y = Math.min(Math.max(view.y, -far[1]), far[1]);
    image.style.width = width + "px";
    image.style.height = height + "px";
    image.style.left = (across - width) / 2 + "px";
    image.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.zoom})`;
    root.classList.toggle("zoomed", view.zoom > 1);
    root.dataset.zoom = view.zoom.toFixed(2);
    measure(width);
  };
  const measure = (width) => {
    bar.hidden = !view.data.millimetres;
    if (bar.hidden) return;
    const per = (width * view.zoom) / view.data.millimetres;
    const long = BAR_MM.find((mm) => mm * per <= BAR_SHARE * root.clientWidth) ?? 0.5;
    bar.style.width = long * per + "px";
    bar.textContent = long + " mm";
  };
  // Zoom by a factor about a place of the frame, which stays where it is.
  const zoomBy = (factor, x = root.clientWidth / 2, y = root.clientHeight / 2) => {
    const before = view.zoom;
    view.zoom = Math.min(Math.max(before * factor, 1), MOST);
    const scale = view.zoom / before;
    const [dx, dy] = [x - root.clientWidth / 2, y - root.clientHeight / 2];
    view.x = dx - (dx - view.x) * scale;
    view.y = dy - (dy - view.y) * scale;
    view.draw();
  };
  const whole = () => {
    Object.assign(view, { zoom: 1, x: 0, y: 0 });
    view.draw();
  };
  const at = (event) => {
    const box = root.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  root.addEventListener("wheel", (event) => {
    // Seen whole, a turn away from it goes on scrolling the page.
    if (event.deltaY > 0 && view.zoom <= 1) return;
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 1.15 : 1 / 1.15, ...at(event));
  }, { passive: false });
  root.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button")) return;
    view.fingers.set(event.pointerId, at(event));
    if (view.zoom > 1 || view.fingers.size > 1) root.setPointerCapture(event.pointerId);
  });
  root.addEventListener("pointermove", (event) => {
    const before = view.fingers.get(event.pointerId);
    if (!before) return;
    const now = at(event), others = [...view.fingers].filter(([id]) => id !== event.pointerId);
    view.fingers.set(event.pointerId, now);
    if (others.length) {
      const [x, y] = others[0][1];
      const far = (place) => Math.hypot(place[0] - x, place[1] - y);
      zoomBy(far(now) / Math.max(far(before), 1), (now[0] + x) / 2, (now[1] + y) / 2);
    } else if (view.zoom > 1) {
      view.x += now[0] - before[0];
      view.y += now[1] - before[1];
      view.draw();
    }
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"])
    root.addEventListener(end, (event) => view.fingers.delete(event.pointerId));
  root.addEventListener("dblclick", whole);
  root.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "=") zoomBy(STEP);
    else if (event.key === "-") zoomBy(1 / STEP);
    else if (event.key === "0") whole();
  });
  root.querySelector(".closer").addEventListener("click", () => zoomBy(STEP));
  root.querySelector(".wider").addEventListener("click", () => zoomBy(1 / STEP));
  root.querySelector(".whole").addEventListener("click", whole);
  new ResizeObserver(() => view.draw()).observe(root);
  return view;
}
