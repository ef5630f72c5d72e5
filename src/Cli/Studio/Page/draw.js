import { h, show, field, select, duration } from "./dom.js";
import { get, post, on, inRun, Fault } from "./api.js";
import { samplerOptions, seedField, deviceField } from "./options.js";
import { card } from "./pictures.js";

const example = "a small red star at the top left on a navy background";

export function needRun(main, studio, title) {
  const run = studio.current();
  if (run && !run.fault) return run;
  show(main, h("h1", {}, title), run?.fault ? h("p", { class: "fault" }, run.fault)
    : h("div", { class: "panel" }, h("p", {}, "There is no run yet. ", h("a", { href: "#/train" }, "Train one"), ", in a few minutes with the preset ", h("code", {}, "demo"), ".")));
  return null;
}

// Words that the run does not know are told while they are typed, with near ones to take instead.
export function readingOf(prompt, studio, run) {
  const place = h("div", { class: "reading", "aria-live": "polite" });
  let timer = null, asked = 0;
  const look = async () => {
    const text = prompt.value.trim(), turn = ++asked;
    if (text === "") return show(place, h("span", { class: "hint" }, "Words that the run does not know are shown here."));
    try {
      const reading = await get(inRun(run, `/reading?prompt=${encodeURIComponent(text)}`));
      if (turn !== asked) return;
      show(place,
        reading.unknown.length === 0 ? h("span", { class: "good" }, `All ${reading.words.length} words are known.`) : null,
        reading.unknown.map(one => h("span", { class: "unknown" }, h("b", {}, one.word), " is not known",
          one.near.length ? [": ", one.near.map(near => h("button", {
            type: "button", class: "quiet word", "aria-label": `Replace ${one.word} by ${near}`,
            onclick: () => { replace(prompt, one.word, near); look(); },
          }, near))] : null)),
        reading.cut.length ? h("span", { class: "unknown" }, `The run reads ${reading.words.length} words; not read: ${reading.cut.join(" ")}`) : null);
    } catch (fault) {
      if (turn === asked) show(place, h("span", { class: "unknown" }, fault.message));
    }
  };
  prompt.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 150);
  });
  look();
  return { element: place, look };
}

function replace(prompt, word, near) {
  const at = prompt.value.toLowerCase().indexOf(word.toLowerCase());
  if (at >= 0) prompt.value = prompt.value.slice(0, at) + near + prompt.value.slice(at + word.length);
}

// Places for pictures that emerge, then the pictures themselves.
export function easel(studio, run) {
  const list = h("ul", { class: "cards" }), state = h("p", { class: "outcome", role: "status" });
  let job = null;
  const forget = on("emerging", news => {
    if (news.job !== job) return;
    state.textContent = `step ${news.step} of ${news.steps}`;
    news.pictures.forEach((picture, i) => {
      const image = list.children[i]?.querySelector("img");
      if (image) image.src = picture;
    });
  });
  return {
    element: h("div", { class: "easel" }, state, list),
    forget,
    async draw(request, count) {
      const blank = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/%3E";
      show(list, Array.from({ length: Math.min(count, 64) }, () => h("li", { class: "card waiting" }, h("img", { src: blank, alt: "", width: 160, height: 160 }))));
      state.textContent = "asked for";
      try {
        const begun = await post("/api/draw", { run, ...request });
        job = begun.id;
        const end = await studio.until(job, now => { if (now.waitsFor) state.textContent = now.waitsFor; });
        if (end.state !== "done") throw new Fault(end.fault ?? "stopped");
        state.textContent = `${end.result.pictures.length === 1 ? "one picture" : `${end.result.pictures.length} pictures`} in ${duration(end.seconds)}${end.notices.length ? `; ${end.notices.join("; ")}` : ""}`;
        show(list, end.result.pictures.map(picture => card(studio, run, picture)));
        return end.result.pictures;
      } catch (fault) {
        studio.fail(fault);
        show(list);
        show(state, h("span", { class: "fault", role: "alert" }, fault.message));
        return null;
      }
    },
  };
}

export function drawPage(main, studio, [reused]) {
  const run = needRun(main, studio, "Draw");
  if (!run) return null;
  const prompt = h("textarea", { rows: 3, maxlength: 2000, placeholder: example, required: true, spellcheck: "false" });
  const reading = readingOf(prompt, studio, run.name);
  const count = h("input", { type: "number", min: 1, max: 64, value: 4, required: true });
  const rerank = h("input", { type: "number", min: 1, max: 64, value: 1, required: true });
  const seed = seedField(), sampling = samplerOptions(run.options), place = easel(studio, run.name), words = h("div", { class: "words" });
  const precision = select([["Float32", "float32"], ["Tf32", "tf32"], ["Bf16", "bf16"]], "Float32"), device = deviceField(studio);
  const draw = async event => {
    event.preventDefault();
    await place.draw({
      kind: "text", prompt: prompt.value, count: Number(count.value), seed: seed.input.value, rerank: Number(rerank.value),
      settings: sampling.values(), device: device.control.value, precision: precision.value,
    }, Number(count.value));
  };
  const form = h("form", { class: "panel", onsubmit: draw },
    field("Prompt", prompt), reading.element,
    h("div", { class: "fields few" }, field("Pictures", count), seed.element),
    h("details", {}, h("summary", {}, "All options"), sampling.element,
      h("div", { class: "fields" }, field("rerank", rerank, "Draw so many for each picture and keep the nearest to the prompt."), device.element,
        field("Precision", precision, "tf32 and bf16 need the matrix units of an NVIDIA card."))),
    h("button", { type: "submit", class: "main" }, "Draw"), h("span", { class: "hint" }, " or Ctrl+Enter"));
  prompt.addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  show(main, h("h1", {}, "Draw"), h("div", { class: "two" }, h("div", {}, form,
    h("details", { class: "panel" }, h("summary", {}, "Words that the run knows"), words)), h("div", { class: "panel results" }, place.element)));
  // Opened while a prompt is typed, so that the first drawing need not wait; what is in its way is told then.
  if (run.stages.some(stage => stage.trained)) post(inRun(run.name, "/open")).catch(() => {});
  get(inRun(run.name, "/words")).then(known => show(words, known.map(word => h("button", {
    type: "button", class: "quiet word", onclick: () => {
      prompt.value = `${prompt.value.trimEnd()} ${word}`.trimStart();
      reading.look();
      prompt.focus();
    },
  }, word)))).catch(studio.fail);
  if (studio.prompt?.run === run.name) prompt.value = studio.prompt.text;
  studio.prompt = null;
  if (prompt.value) reading.look();
  if (reused) {
    get(inRun(run.name, "/gallery")).then(pictures => {
      const picture = pictures.find(one => one.id === reused);
      if (!picture?.prompt) return;
      prompt.value = picture.prompt;
      seed.input.value = picture.seed;
      sampling.set(picture.settings);
      reading.look();
    }).catch(studio.fail);
  }
  return place.forget;
}
