import { h, field, select } from "./dom.js";
import { get } from "./api.js";

// A form's part for what a sampler can be told. Only what differs from the default is given.
export function samplerOptions(options) {
  const controls = options.map(option => ({
    option,
    control: option.choices ? select(option.choices, option.default)
      : h("input", { type: "number", value: option.default, min: option.low, max: option.high, step: option.whole ? 1 : "any", required: true }),
  }));
  return {
    element: h("div", { class: "fields" }, controls.map(({ option, control }) => field(option.name, control, `${option.help} Default: ${option.default}.`))),
    values: () => Object.fromEntries(controls.filter(({ option, control }) => control.value !== option.default)
      .map(({ option, control }) => [option.name, control.value])),
    set: values => controls.forEach(({ option, control }) => { control.value = values[option.name] ?? option.default; }),
  };
}

export const seedField = () => {
  const input = h("input", { type: "text", inputmode: "numeric", pattern: "[0-9]{1,20}", value: "1", required: true });
  const dice = h("button", { type: "button", class: "quiet", onclick: () => { input.value = String(Math.floor(Math.random() * 1e9)); } }, "Any");
  dice.setAttribute("aria-label", "Take any seed");
  const element = field("Seed", input, "The same seed draws the same pictures, on every device.");
  const row = h("div", { class: "row" });
  input.replaceWith(row);
  row.append(input, dice);
  return { element, input };
};

// Where a job runs: the studio's own device, and the others once they are known.
export function deviceField(studio) {
  const control = select([studio.info.device], studio.info.device);
  get("/api/devices").then(devices => control.append(...devices.filter(device => device.available && device.name !== studio.info.device)
    .map(device => h("option", { value: device.name }, device.name)))).catch(studio.fail);
  return { element: field("Device", control, "One job runs at a time on a device."), control };
}
