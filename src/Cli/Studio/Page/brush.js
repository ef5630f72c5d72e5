import { h, field } from "./dom.js";

// A picture that is painted over with a brush, by pointer or by keyboard: arrows move it, space paints, Delete takes away.
export function brush(side) {
  const base = h("img", { alt: "", class: "pixels", width: 320, height: 320 });
  const canvas = h("canvas", { width: side, height: side, tabindex: 0, role: "img", "aria-label": "Brush: arrow keys move it, space paints, delete takes away", class: "pixels" });
  const pen = canvas.getContext("2d"), painted = new Uint8Array(side * side);
  const radius = h("input", { type: "range", min: 1, max: Math.max(2, Math.round(side / 3)), value: Math.max(1, Math.round(side / 8)) });
  let cursor = null, isErasing = false, last = null;

  const render = () => {
    const image = pen.createImageData(side, side);
    for (let i = 0; i < side * side; i++) {
      if (painted[i]) image.data.set([255, 0, 170, 170], 4 * i);
    }
    if (cursor) {
      const reach = Number(radius.value);
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const away = Math.hypot(x - cursor.x, y - cursor.y);
          if (Math.abs(away - reach) < 0.6) image.data.set([255, 255, 255, 255], 4 * (y * side + x));
        }
      }
    }
    pen.putImageData(image, 0, 0);
  };
  const dab = (at, value) => {
    const reach = Number(radius.value);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        if (Math.hypot(x - at.x, y - at.y) <= reach) painted[y * side + x] = value;
      }
    }
  };
  // A fast stroke leaves no gaps.
  const stroke = (from, to, value) => {
    const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y)));
    for (let i = 0; i <= steps; i++) dab({ x: from.x + (to.x - from.x) * i / steps, y: from.y + (to.y - from.y) * i / steps }, value);
  };
  const place = event => {
    const box = canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width * side - 0.5, y: (event.clientY - box.top) / box.height * side - 0.5 };
  };
  canvas.addEventListener("pointerdown", event => {
    canvas.setPointerCapture(event.pointerId);
    isErasing = event.button === 2 || event.shiftKey;
    last = cursor = place(event);
    dab(last, isErasing ? 0 : 1);
    render();
    event.preventDefault();
    canvas.focus();
  });
  canvas.addEventListener("pointermove", event => {
    cursor = place(event);
    if (last) {
      stroke(last, cursor, isErasing ? 0 : 1);
      last = cursor;
    }
    render();
  });
  canvas.addEventListener("pointerup", () => { last = null; });
  canvas.addEventListener("pointercancel", () => { last = null; });
  canvas.addEventListener("pointerleave", () => {
    cursor = null;
    render();
  });
  canvas.addEventListener("contextmenu", event => event.preventDefault());
  canvas.addEventListener("keydown", event => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    cursor ??= { x: side / 2, y: side / 2 };
    if (moves[event.key]) cursor = { x: Math.min(side - 1, Math.max(0, cursor.x + moves[event.key][0])), y: Math.min(side - 1, Math.max(0, cursor.y + moves[event.key][1])) };
    else if (event.key === " ") dab(cursor, 1);
    else if (event.key === "Delete" || event.key === "Backspace") dab(cursor, 0);
    else return;
    event.preventDefault();
    render();
  });
  const all = value => {
    painted.fill(value);
    render();
  };
  return {
    element: h("div", { class: "painting" },
      h("div", { class: "stack" }, base, canvas),
      field("Brush", radius, "Paint over what is to be drawn anew; shift or the other button takes away. By keyboard: arrows, space, delete."),
      h("div", { class: "row" }, h("button", { type: "button", class: "quiet", onclick: () => all(0) }, "Clear"),
        h("button", { type: "button", class: "quiet", onclick: () => { for (let i = 0; i < painted.length; i++) painted[i] = 1 - painted[i]; render(); } }, "Invert"))),
    show: address => { base.src = address; },
    // White for what is drawn anew, a PNG in Base64; null where nothing is painted.
    mask() {
      if (!painted.includes(1)) return null;
      const sheet = h("canvas", { width: side, height: side }), ink = sheet.getContext("2d"), image = ink.createImageData(side, side);
      for (let i = 0; i < side * side; i++) image.data.set(painted[i] ? [255, 255, 255, 255] : [0, 0, 0, 255], 4 * i);
      ink.putImageData(image, 0, 0);
      return sheet.toDataURL("image/png").split(",")[1];
    },
  };
}
