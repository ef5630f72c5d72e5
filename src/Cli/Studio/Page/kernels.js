import { h, show, field, select } from "./dom.js";
import { get } from "./api.js";

const titles = {
  csharp: "C#", il: "IL", ir: "SSA form after all passes", simd: "Vector code of this processor", opencl: "OpenCL C", ptx: "PTX",
  "ilgpu-ptx": "PTX by ILGPU's compiler", "ilgpu-opencl": "OpenCL C by ILGPU's compiler",
};
const first = ["csharp", "ir", "simd", "ilgpu-ptx"];

export function kernelsPage(main, studio, [chosen]) {
  const list = h("select", { size: 1 }), filter = h("input", { type: "search", placeholder: "Gemm, Lstm.Backward...", spellcheck: "false" }), panes = h("div", { class: "panes" });
  const state = h("p", { class: "outcome", role: "status" });
  let known = { kernels: [], targets: [] }, numbered = 0;
  const shown = [];
  const fillList = () => {
    const wanted = filter.value.toLowerCase(), found = known.kernels.filter(name => name.toLowerCase().includes(wanted)), before = list.value;
    show(list, found.map(name => h("option", { value: name, selected: name === before }, name)));
    state.textContent = `${found.length} of ${known.kernels.length} kernels`;
    if (list.value !== before) load();
  };
  const load = () => shown.forEach(pane => pane.load());
  const add = target => {
    const choice = select(known.targets.map(name => [name, titles[name] ?? name]), target, { "aria-label": "Shown as" }), text = h("pre", { tabindex: 0, role: "group" });
    let asked = 0;
    const pane = {
      async load() {
        if (!list.value) return;
        const turn = ++asked;
        text.setAttribute("aria-label", `${list.value} as ${titles[choice.value] ?? choice.value}`);
        text.setAttribute("aria-busy", "true");
        try {
          const answer = await get(`/api/kernel?name=${encodeURIComponent(list.value)}&target=${encodeURIComponent(choice.value)}`);
          if (turn === asked) text.textContent = answer.text;
        } catch (fault) {
          if (turn === asked) text.textContent = fault.message;
        }
        if (turn === asked) text.removeAttribute("aria-busy");
      },
    };
    choice.addEventListener("change", pane.load);
    const element = h("section", { class: "pane", "aria-label": `Form ${++numbered} of the kernel` }, h("div", { class: "row" }, choice, h("button", {
      type: "button", class: "quiet", "aria-label": "Close this form", onclick: () => {
        shown.splice(shown.indexOf(pane), 1);
        element.remove();
      },
    }, "Close")), text);
    shown.push(pane);
    panes.append(element);
    pane.load();
  };
  filter.addEventListener("input", fillList);
  list.addEventListener("change", load);
  show(main, h("h1", {}, "Kernels"), h("div", { class: "panel" }, h("p", { class: "hint" }, "What the compiler makes of each kernel, a plain C# method, and what ILGPU's own compilers make of it. Needs no device."),
    h("div", { class: "fields" }, field("Find", filter), field("Kernel", list)), state,
    h("button", { type: "button", onclick: () => add("opencl") }, "Another form beside")), panes);
  get("/api/kernels").then(all => {
    known = all;
    show(list, known.kernels.map(name => h("option", { value: name, selected: name === (chosen ?? "ExponentialMovingAverage.Update") }, name)));
    state.textContent = `${known.kernels.length} kernels`;
    first.forEach(add);
  }).catch(studio.fail);
  return null;
}
