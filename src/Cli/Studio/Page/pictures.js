import { h } from "./dom.js";
import { post, inRun } from "./api.js";

export const source = (run, id) => inRun(run, `/gallery/${id}`);

// A picture of the gallery with what it was drawn from and what can be done with it.
export function card(studio, run, picture, { removed, again } = {}) {
  const name = picture.prompt ?? "a picture that cannot be read";
  const place = h("p", { class: "outcome", role: "status" });
  const act = (title, action, extra) => h("button", { type: "button", class: "quiet", onclick: action, "aria-label": `${title}: ${name}`, ...extra }, title);
  const draws = studio.current()?.drawsFromPictures;
  return h("li", { class: "card" },
    h("img", { src: source(run, picture.id), alt: name, loading: "lazy", width: 160, height: 160 }),
    h("p", { class: "prompt" }, name),
    h("p", { class: "facts" }, picture.fault ?? `seed ${picture.seed}, number ${picture.number}, ${picture.kind}`),
    h("div", { class: "actions" },
      act("Draw again", () => studio.attempt(place, async () => {
        const job = await post("/api/draw", { run, kind: "again", picture: picture.id });
        const end = await studio.until(job.id, now => { place.textContent = now.waitsFor ?? "drawing"; });
        place.textContent = end.fault ?? (end.result?.identical ? "every pixel as before" : end.result ? "not the same" : end.state);
        if (end.result) again?.(end.result.pictures);
      })),
      h("a", { class: "button quiet", href: `#/draw/${picture.id}`, "aria-label": `Reuse the prompt and settings: ${name}` }, "Reuse"),
      draws ? h("a", { class: "button quiet", href: `#/edit/variations/${picture.id}`, "aria-label": `Edit: ${name}` }, "Edit") : null,
      h("a", { class: "button quiet", href: `${source(run, picture.id)}?download`, download: `${picture.id}.png`, "aria-label": `Save: ${name}` }, "Save"),
      removed ? act("Remove", () => studio.attempt(place, async () => {
        await post(inRun(run, `/gallery/${picture.id}/remove`));
        removed();
      })) : null),
    place);
}
