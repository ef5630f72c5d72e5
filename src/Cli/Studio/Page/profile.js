import { h, s, show, field, figure } from "./dom.js";
import { post, Fault } from "./api.js";
import { settingsForm } from "./train.js";
import { deviceField } from "./options.js";

export function profilePage(main, studio) {
  const form = settingsForm(studio, { withName: false }), steps = h("input", { type: "number", min: 1, max: 1000, value: 10, required: true });
  const warmup = h("input", { type: "number", min: 1, max: 1000, value: 10, required: true }), state = h("div", { role: "status" }), result = h("div", {}), device = deviceField(studio);
  const profile = event => {
    event.preventDefault();
    studio.attempt(state, async () => {
      const job = await post("/api/profile", { ...form.values(), steps: Number(steps.value), warmup: Number(warmup.value), device: device.control.value });
      const end = await studio.until(job.id, now => show(state, h("p", {}, now.waitsFor ?? (now.progress ? `${now.progress.what} ${now.progress.step} of ${now.progress.steps}` : now.state))));
      if (end.state !== "done") throw new Fault(end.fault ?? "stopped");
      show(state);
      show(result, h("section", { class: "panel" }, h("h2", {}, `${end.result.what}: ${figure(end.result.stepMs)} ms a step on ${end.result.device}`), flame(end.result.flame), table(end.result)));
    });
  };
  show(main, h("h1", {}, "Profile"), h("form", { class: "panel", onsubmit: profile }, h("p", { class: "hint" }, "Where the time of a training step goes. The host launches each kernel by itself and waits for it."), form.element,
    h("div", { class: "fields" }, field("Warm-up", warmup, "Steps before."), field("Steps", steps, "Steps that count."), device.element),
    h("button", { type: "submit", class: "main" }, "Profile"), state), result);
  return null;
}

const width = 1000, row = 24;

// The step above, its parts beneath, in each part what the device did; as wide as it takes time.
function flame(root) {
  const boxes = [];
  let depth = 0;
  const lay = (node, from, level) => {
    depth = Math.max(depth, level);
    boxes.push({ node, x: from / root.ms * width, w: node.ms / root.ms * width, y: level * row });
    let at = from;
    for (const child of node.children) {
      lay(child, at, level + 1);
      at += child.ms;
    }
  };
  lay(root, 0, 0);
  return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Flame graph; the table beneath has the same figures" },
    s("svg", { viewBox: `0 0 ${width} ${(depth + 1) * row}`, class: "flame", role: "img", "aria-label": `Flame graph of a step of ${figure(root.ms)} milliseconds` },
      boxes.filter(box => box.w > 0.5).map((box, i) => s("g", {}, s("title", {}, `${box.node.name}: ${figure(box.node.ms)} ms, ${(100 * box.node.ms / root.ms).toFixed(1)} %`),
        s("rect", { x: box.x.toFixed(2), y: box.y, width: Math.max(0.5, box.w - 0.5).toFixed(2), height: row - 2, rx: 2, class: `flame-${i % 4}` }),
        box.w > 60 ? s("text", { x: (box.x + 5).toFixed(2), y: box.y + 16 }, box.node.name.slice(0, Math.floor(box.w / 7.2))) : null))));
}

function table(profile) {
  return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Rows of the profile" }, h("table", {}, h("caption", {}, "The rows add up to the step; means of a step"),
    h("thead", {}, h("tr", {}, ["kind", "name", "calls", "ms", "share", "GFLOP/s", "GB/s", "of the roof"].map(title => h("th", { scope: "col" }, title)))),
    h("tbody", {}, profile.rows.map(one => h("tr", {}, h("td", {}, one.kind), h("th", { scope: "row" }, one.name), h("td", {}, figure(one.calls)), h("td", {}, figure(one.ms)),
      h("td", {}, `${(100 * one.share).toFixed(1)} %`), h("td", {}, figure(one.gflops)), h("td", {}, figure(one.gbs)), h("td", {}, one.roof === null ? "-" : `${(100 * one.roof).toFixed(0)} %`))))));
}
