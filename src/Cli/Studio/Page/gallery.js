import { h, show } from "./dom.js";
import { get, inRun } from "./api.js";
import { needRun } from "./draw.js";
import { card } from "./pictures.js";

export function galleryPage(main, studio) {
  const run = needRun(main, studio, "Gallery");
  if (!run) return null;
  const list = h("ul", { class: "cards" }), more = h("button", { type: "button", hidden: true }, "Older ones"), state = h("p", { class: "outcome", role: "status" }, "looking");
  let last = null;
  const add = (pictures, isNew) => {
    for (const picture of isNew ? [...pictures].reverse() : pictures) {
      const one = card(studio, run.name, picture, {
        removed: () => {
          one.remove();
          state.textContent = "removed";
        },
        again: made => add(made, true),
      });
      if (isNew) list.prepend(one);
      else list.append(one);
    }
  };
  const load = async () => {
    try {
      const pictures = await get(inRun(run.name, `/gallery${last ? `?before=${last}` : ""}`));
      add(pictures, false);
      last = pictures.at(-1)?.id ?? last;
      more.hidden = pictures.length < 60;
      show(state, list.children.length === 0 ? ["Nothing was drawn with this run yet. ", h("a", { href: "#/draw" }, "Draw something"), "."] : "");
    } catch (fault) {
      studio.fail(fault);
      show(state, h("span", { class: "fault", role: "alert" }, fault.message));
    }
  };
  more.addEventListener("click", load);
  show(main, h("h1", {}, `Gallery of ${run.name}`), h("div", { class: "panel" }, state, list, more));
  load();
  return null;
}
