import { h, show, field, check, select } from "./dom.js";
import { get, post } from "./api.js";
import { deviceField } from "./options.js";

const byPreset = ["", "that of the preset"];

// Model, preset, data and settings: what trainings and profiles are described by.
export function settingsForm(studio, { withName }) {
  const models = studio.info.models, modelOf = name => models.find(one => one.name === name);
  const model = select(models.map(one => [one.name, `${one.name}: ${one.summary}`]), models[0].name);
  const preset = h("select", {}), stage = h("select", {}), data = select([byPreset, ...studio.info.data.map(one => [one.name, `${one.name}: ${one.description}`])], "");
  const name = h("input", { type: "text", pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]{0,59}", required: withName, spellcheck: "false" });
  const settings = h("div", { class: "fields" }), state = h("p", { class: "outcome", role: "status" });
  let controls = [], asked = 0;
  const load = () => studio.attempt(state, async () => {
    const turn = ++asked;
    const query = new URLSearchParams({ model: model.value });
    if (preset.value) query.set("preset", preset.value);
    if (data.value) query.set("data", data.value);
    const described = await get(`/api/settings?${query}`);
    if (turn !== asked) return;
    if (!preset.value) preset.value = described.preset;
    if (withName) name.value = described.name;
    controls = described.settings.map(setting => ({
      setting,
      control: setting.choices ? select(setting.choices, setting.choices.find(one => one.toLowerCase() === setting.value.toLowerCase())) : h("input", { type: "text", value: setting.value, spellcheck: "false" }),
    }));
    for (const one of controls) one.first = one.control.value;
    show(settings, controls.map(({ setting, control }) => field(setting.name, control, `${setting.help}${setting.value === "" ? "" : ` Here: ${setting.value}.`}`)));
  });
  const choose = () => {
    const chosen = modelOf(model.value);
    show(preset, chosen.presets.map(one => h("option", { value: one.name, selected: one.name === chosen.default }, `${one.name}: ${one.summary}`)));
    show(stage, h("option", { value: "" }, withName ? "all, in order" : "the last"), chosen.stages.map(one => h("option", { value: one }, one)));
    load();
  };
  model.addEventListener("change", choose);
  preset.addEventListener("change", load);
  data.addEventListener("change", () => {
    if (studio.info.data.find(one => one.name === data.value)?.isOwn) preset.value = modelOf(model.value).own;
    load();
  });
  choose();
  return {
    element: [
      h("div", { class: "fields" }, field("Model", model), field("Preset", preset, "Where the settings start from."), field("Data", data, "Data of your own are offered by: dalle2 serve --data PATH"),
        field("Stage", stage), withName ? field("Name of the run", name, "Its folder's name.") : null),
      state,
      h("details", {}, h("summary", {}, "All settings"), settings),
    ],
    name,
    values: () => ({
      model: model.value, preset: preset.value, data: data.value || null, stage: stage.value || null,
      settings: Object.fromEntries(controls.filter(one => one.control.value !== one.first).map(one => [one.setting.name, one.control.value])),
    }),
  };
}

export function trainPage(main, studio) {
  const place = h("div", {}), again = h("div", {}), device = deviceField(studio), againDevice = deviceField(studio);
  const minutes = h("input", { type: "number", min: 0.1, max: 100000, step: "any", placeholder: "by the settings" }), anyway = h("input", { type: "checkbox" });
  const memory = h("input", { type: "text", placeholder: "all", spellcheck: "false" }), board = h("input", { type: "checkbox" });
  const form = settingsForm(studio, { withName: true });
  const train = event => {
    event.preventDefault();
    studio.attempt(place, async () => {
      await post("/api/train", {
        ...form.values(), run: form.name.value, minutes: minutes.value === "" ? null : Number(minutes.value), anyway: anyway.checked,
        cacheBytes: memory.value.trim() || null, tensorBoard: board.checked, device: device.control.value,
      });
      await begun(form.name.value);
    });
  };
  // A run has a folder once its data are read.
  const begun = async run => {
    sessionStorage.setItem("dalle2-watch", JSON.stringify([run]));
    location.hash = "#/watch";
  };
  const changed = h("input", { type: "checkbox" }), onward = h("input", { type: "checkbox" });
  const open = studio.runs.filter(run => !run.fault), run = select(open.map(one => one.name), studio.run);
  const resume = event => {
    event.preventDefault();
    studio.attempt(again, async () => {
      await post("/api/train", { run: run.value, resume: true, anyway: onward.checked, acceptChangedData: changed.checked, device: againDevice.control.value });
      await begun(run.value);
    });
  };
  show(main, h("h1", {}, "Train"),
    studio.info.isOneRun ? h("p", { class: "panel" }, "This studio shows one run; new ones need a studio over a folder of runs: ", h("code", {}, "dalle2 serve runs"))
      : h("form", { class: "panel", onsubmit: train }, h("h2", {}, "A new run"), form.element,
        h("div", { class: "fields" }, field("Minutes", minutes, "Train for about so long; left empty, for the settings' own steps."), device.element,
          field("Pictures in memory", memory, "Such as 500MB; the others are read again ahead of need. The result does not depend on it."),
          check("Go on behind a stage at chance", anyway), check("Write event files for TensorBoard", board)),
        h("button", { type: "submit", class: "main" }, "Start training"), place),
    open.length === 0 ? null : h("form", { class: "panel", onsubmit: resume }, h("h2", {}, "Go on with a run"),
      h("div", { class: "fields" }, field("Run", run, "It ends with the bits of a run that was never stopped."), againDevice.element),
      check("Accept that the data have changed", changed), check("Go on behind a stage at chance", onward),
      h("button", { type: "submit", class: "main" }, "Resume training"), again));
  return null;
}
