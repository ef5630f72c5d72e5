import { h, show } from "./dom.js";
import { get } from "./api.js";

export function devicesPage(main, studio) {
  const place = h("div", { class: "panel" }, h("p", {}, "looking"));
  show(main, h("h1", {}, "Devices"), place);
  get("/api/devices").then(devices => show(place, h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Devices" }, h("table", {}, h("caption", {}, "What can compute here, and why a device is refused"),
    h("thead", {}, h("tr", {}, ["device", "kind", "available", "what it is"].map(title => h("th", { scope: "col" }, title)))),
    h("tbody", {}, devices.map(one => h("tr", {}, h("th", { scope: "row" }, one.name), h("td", {}, one.kind), h("td", {}, one.available ? "yes" : "no"), h("td", { class: "wide" }, one.reason)))))),
    h("p", { class: "hint" }, `The studio takes ${studio.info.device} where none is chosen. Version ${studio.info.version}.`))).catch(fault => {
    studio.fail(fault);
    show(place, h("p", { class: "fault", role: "alert" }, fault.message));
  });
  return null;
}
