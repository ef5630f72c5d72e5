import { h, show, field, select, figure } from "./dom.js";
import { post, inRun, Fault } from "./api.js";
import { samplerOptions, deviceField } from "./options.js";
import { needRun } from "./draw.js";

export function evaluatePage(main, studio) {
  const run = needRun(main, studio, "Evaluate");
  if (!run) return null;
  const count = h("input", { type: "number", min: 1, max: 100000, value: 128, required: true });
  const beside = select([["", "none"], ...studio.runs.filter(one => !one.fault && one.name !== run.name).map(one => one.name)], "");
  const sampling = samplerOptions(run.options), state = h("div", { role: "status" }), figures = h("div", {}), report = h("div", {}), device = deviceField(studio);
  const showReport = has => show(report, has ? h("iframe", { title: `Report of ${run.name}`, src: inRun(run.name, `/report?${Date.now()}`), class: "report" })
    : h("p", { class: "hint" }, "The run has no report yet: a training that ends writes one, and so does an evaluation."));
  const evaluate = event => {
    event.preventDefault();
    studio.attempt(state, async () => {
      const job = await post("/api/evaluate", { run: run.name, beside: beside.value || null, count: Number(count.value), settings: sampling.values(), device: device.control.value });
      const end = await studio.until(job.id, now => show(state, h("p", {}, now.waitsFor ?? (now.progress ? `${now.progress.what} ${now.progress.step} of ${now.progress.steps}` : now.state))));
      if (end.state !== "done") throw new Fault(end.fault ?? "stopped");
      show(state, h("p", { class: "good" }, `${end.result.n} captions of '${end.result.split}'; the report is written anew.`));
      show(figures, table(end.result));
      showReport(true);
    });
  };
  show(main, h("h1", {}, `Evaluate ${run.name}`), h("form", { class: "panel", onsubmit: evaluate },
    h("div", { class: "fields" }, field("Captions", count, "Held out of training, spread over the split."), field("Beside", beside, "Another run, measured with the same captions."), device.element),
    h("details", {}, h("summary", {}, "All options"), sampling.element),
    h("button", { type: "submit", class: "main" }, "Evaluate"), state, figures), h("div", { class: "panel" }, h("h2", {}, "Report"), report));
  showReport(run.hasReport);
  return null;
}

function table(result) {
  const attributes = Object.entries(result.attributes ?? {});
  if (attributes.length === 0) return null;
  return h("div", { class: "scroll" }, h("table", {}, h("caption", {}, "Share of drawings that show what the caption says"),
    h("thead", {}, h("tr", {}, ["attribute", "drawn", "95 % interval", "chance", "real pictures"].map(title => h("th", { scope: "col" }, title)))),
    h("tbody", {}, attributes.map(([name, one]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, figure(one.value)), h("td", {}, `${figure(one.low)} to ${figure(one.high)}`),
      h("td", {}, figure(result.chance?.[name])), h("td", {}, figure(result.ceiling?.[name])))))));
}
