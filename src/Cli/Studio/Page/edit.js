import { h, show, field, check } from "./dom.js";
import { get, post, send, inRun } from "./api.js";
import { samplerOptions, seedField } from "./options.js";
import { needRun, easel, readingOf } from "./draw.js";
import { source } from "./pictures.js";
import { brush } from "./brush.js";

const tools = [
  ["variations", "Variations", "Other pictures of what the run's CLIP sees in a picture."],
  ["interpolation", "Interpolation", "What lies between two pictures or prompts, along the great circle of their embeddings."],
  ["inpainting", "Inpainting", "What you paint over is drawn anew, as a prompt says; the rest stays, pixel by pixel."],
  ["edit", "Text diff", "The picture, changed as from one text to another."],
];

// A picture of the gallery, or one of a person's own, which the studio keeps as the model sees it.
function chooser(studio, run, label, chosen, changed) {
  const strip = h("div", { class: "strip", role: "radiogroup", "aria-label": label }), state = h("p", { class: "outcome", role: "status" });
  const file = h("input", { type: "file", accept: "image/*" });
  let picked = null;
  const pick = id => {
    picked = id;
    for (const one of strip.querySelectorAll("input")) one.checked = one.value === id;
    changed?.(id);
  };
  const offer = (id, name) => {
    if ([...strip.querySelectorAll("input")].some(one => one.value === id)) return;
    strip.prepend(h("label", {}, h("input", { type: "radio", name: `${label}-${run}`, value: id, class: "unseen", onchange: () => pick(id) }),
      h("img", { src: source(run, id), alt: name, width: 64, height: 64 })));
  };
  file.addEventListener("change", () => file.files[0] && studio.attempt(state, async () => {
    const { picture } = await send(inRun(run, "/sources"), file.files[0]);
    offer(picture, file.files[0].name);
    pick(picture);
  }));
  get(inRun(run, "/gallery")).then(pictures => {
    for (const picture of pictures.slice(0, 24).reverse()) offer(picture.id, picture.prompt ?? picture.id);
    if (chosen) {
      offer(chosen, "the chosen picture");
      pick(chosen);
    }
    if (strip.children.length === 0) state.textContent = "Nothing was drawn with this run yet: draw something first, or bring a picture.";
  }).catch(studio.fail);
  return {
    element: h("fieldset", {}, h("legend", {}, label), strip, field("A picture of your own", file), state),
    get value() { return picked; },
    pick,
  };
}

export function editPage(main, studio, [name, chosen]) {
  const run = needRun(main, studio, "Edit");
  if (!run) return null;
  if (!run.drawsFromPictures) {
    show(main, h("h1", {}, "Edit"), h("div", { class: "panel" }, h("p", {}, `The run ${run.name} is of the model ${run.model}, which draws from text alone. Variations, interpolation, inpainting and text diffs need a run of `,
      h("code", {}, "unclip"), ": choose one above, or ", h("a", { href: "#/train" }, "train one"), ".")));
    return null;
  }
  const tool = tools.find(one => one[0] === name) ?? tools[0];
  const place = easel(studio, run.name), seed = seedField(), sampling = samplerOptions(run.options), body = h("div", {}), after = h("div", {});
  const text = (label, help) => {
    const input = h("textarea", { rows: 2, maxlength: 2000, spellcheck: "false" });
    return { input, element: [field(label, input, help), readingOf(input, studio, run.name).element] };
  };
  const number = (value, min, max, step) => h("input", { type: "number", value, min, max, step: step ?? 1, required: true });
  let request;
  if (tool[0] === "variations") {
    const picture = chooser(studio, run.name, "Picture", chosen), count = number(6, 1, 64), invert = h("input", { type: "checkbox" });
    show(body, picture.element, field("Pictures", count), check("Begin with the noise behind the picture", invert, "Layout and details stay; eta says how far variations stray."));
    request = () => [{ kind: "variations", picture: picture.value, count: Number(count.value), invert: invert.checked }, Number(count.value)];
  } else if (tool[0] === "interpolation") {
    const ends = ["Start", "End"].map((label, i) => {
      const prompt = text(`${label}: a prompt`, "Left empty, the picture beneath is taken.");
      const picture = chooser(studio, run.name, `${label}: a picture`, i === 0 ? chosen : null);
      return { prompt, picture, element: h("div", { class: "end" }, prompt.element, picture.element) };
    });
    const count = number(9, 2, 64);
    show(body, h("div", { class: "fields" }, ends.map(end => end.element)), field("Pictures", count, "Both ends included."));
    request = () => {
      const [from, to] = ends.map(end => ({ prompt: end.prompt.input.value.trim() || null, picture: end.prompt.input.value.trim() ? null : end.picture.value }));
      return [{ kind: "interpolation", prompt: from.prompt, picture: from.picture, otherPrompt: to.prompt, otherPicture: to.picture, count: Number(count.value) }, Number(count.value)];
    };
  } else if (tool[0] === "inpainting") {
    const canvas = brush(run.side), prompt = text("Prompt", "What the whole picture should show."), count = number(4, 1, 64), resample = number(2, 1, 20);
    const picture = chooser(studio, run.name, "Picture", chosen, id => canvas.show(source(run.name, id)));
    show(body, picture.element, canvas.element, prompt.element, h("div", { class: "fields few" }, field("Pictures", count),
      field("Resample", resample, "Takes each step so many times, so that what is new suits what stays.")));
    request = () => [{ kind: "inpainting", picture: picture.value, mask: canvas.mask(), prompt: prompt.input.value, count: Number(count.value), resample: Number(resample.value) }, Number(count.value)];
  } else {
    const picture = chooser(studio, run.name, "Picture", chosen), before = text("What it shows"), wanted = text("What it should show");
    const strength = h("input", { type: "number", min: 0, max: 1, step: "any", placeholder: "several" });
    show(body, picture.element, before.element, wanted.element, field("Strength", strength, "0 draws the picture itself again, 1 leaves nothing of it. Left empty: four strengths."));
    request = () => [{ kind: "edit", picture: picture.value, prompt: before.input.value, otherPrompt: wanted.input.value, strength: strength.value === "" ? null : Number(strength.value) }, strength.value === "" ? 4 : 1];
  }
  const draw = async event => {
    event.preventDefault();
    show(after);
    const [what, count] = request();
    const pictures = await place.draw({ ...what, seed: seed.input.value, settings: sampling.values() }, count);
    if (pictures && tool[0] === "interpolation") show(after, slider(run.name, pictures));
  };
  show(main, h("h1", {}, "Edit"),
    h("nav", { class: "tabs", "aria-label": "Tools" }, tools.map(([id, title]) => h("a", { href: `#/edit/${id}${chosen ? `/${chosen}` : ""}`, "aria-current": id === tool[0] ? "page" : null }, title))),
    h("div", { class: "two" },
      h("form", { class: "panel", onsubmit: draw }, h("p", { class: "hint" }, tool[2]), body, seed.element,
        h("details", {}, h("summary", {}, "All options"), sampling.element), h("button", { type: "submit", class: "main" }, "Draw")),
      h("div", { class: "panel results" }, after, place.element)));
  return place.forget;
}

// Goes from one end to the other.
function slider(run, pictures) {
  const image = h("img", { src: source(run, pictures[0].id), alt: pictures[0].prompt, width: 256, height: 256, class: "large" });
  const caption = h("p", { class: "prompt", "aria-live": "polite" }, pictures[0].prompt);
  const range = h("input", {
    type: "range", min: 0, max: pictures.length - 1, value: 0, step: 1, oninput: () => {
      const picture = pictures[Number(range.value)];
      image.src = source(run, picture.id);
      image.alt = picture.prompt;
      caption.textContent = picture.prompt;
    },
  });
  return h("div", { class: "slider" }, image, field("From start to end", range), caption);
}
