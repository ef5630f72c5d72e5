import { h, show, duration, figure } from "./dom.js";
import { post, on, follow, inRun } from "./api.js";
import { chart } from "./chart.js";

const mostRuns = 4;

function chosenBefore(studio) {
  try {
    return JSON.parse(sessionStorage.getItem("dalle2-watch") ?? "null") ?? (studio.run ? [studio.run] : []);
  } catch {
    return studio.run ? [studio.run] : [];
  }
}

export function watchPage(main, studio) {
  let chosen = chosenBefore(studio).slice(0, mostRuns);
  const columns = new Map(), list = h("div", { class: "columns" }), boxes = h("fieldset", { class: "boxes" });
  const keep = () => {
    sessionStorage.setItem("dalle2-watch", JSON.stringify(chosen));
    const there = chosen.filter(name => studio.runs.some(run => run.name === name));
    for (const name of [...columns.keys()]) {
      if (chosen.includes(name)) continue;
      columns.get(name).element.remove();
      columns.delete(name);
    }
    for (const name of chosen) {
      if (columns.has(name)) continue;
      columns.set(name, column(studio, name));
      list.append(columns.get(name).element);
    }
    follow(there);
  };
  const fillBoxes = () => show(boxes, h("legend", {}, `Runs side by side, ${mostRuns} at most`),
    [...new Set([...studio.runs.map(run => run.name), ...chosen])].map(name => h("label", {}, h("input", {
      type: "checkbox", checked: chosen.includes(name), onchange: event => {
        chosen = event.target.checked ? [...chosen, name].slice(-mostRuns) : chosen.filter(one => one !== name);
        fillBoxes();
        keep();
      },
    }), name)));
  const forgets = [
    on("run", news => columns.get(news.run)?.news(news)),
    on("job", async job => {
      columns.get(job.run)?.job(job);
      // A new run has a folder only once its data are read.
      if (job.kind === "train" && job.run && chosen.includes(job.run) && !studio.runs.some(run => run.name === job.run) && job.progress?.title) {
        await studio.refresh().catch(studio.fail);
        fillBoxes();
        keep();
      }
    }),
    on("jobs", jobs => jobs.forEach(job => columns.get(job.run)?.job(job))),
  ];
  show(main, h("h1", {}, "Watch"), h("div", { class: "panel" }, boxes), list);
  fillBoxes();
  keep();
  for (const job of studio.jobs.values()) columns.get(job.run)?.job(job);
  return () => forgets.forEach(forget => forget());
}

// One run: where its training is, its curves, its samples and its health.
function column(studio, name) {
  const state = h("div", { class: "state" }), charts = h("div", { class: "charts" }), health = h("div", {}), sheets = h("div", {}), notices = h("div", {});
  const stages = new Map();
  let latest = null, drawing = null, elsewhere = null, seconds = 0;
  const showState = () => {
    const progress = latest?.progress, isOpen = latest && (latest.state === "running" || latest.state === "queued");
    show(state,
      h("p", { class: "facts", role: "status" }, latest?.waitsFor ? latest.waitsFor : isOpen && progress ? `${progress.what}: step ${progress.step} of ${progress.steps}${progress.secondsLeft !== undefined ? `, ${duration(progress.secondsLeft)} left in the stage, ${figure(progress.imagesPerSecond)} pictures a second` : ""}`
        : isOpen ? "beginning" : elsewhere ? `is trained by another program (process ${elsewhere})` : latest?.fault ?? (latest ? `training ${latest.state}` : `not being trained; ${duration(seconds)} of training so far`)),
      h("progress", { value: isOpen && progress?.steps ? progress.step / progress.steps : 0, max: 1, "aria-label": `Training of ${name}` }),
      isOpen ? h("button", { type: "button", onclick: () => post(`/api/jobs/${latest.id}/stop`).catch(studio.fail) }, "Stop; a checkpoint is saved")
        : latest?.state === "stopped" || latest?.state === "failed" ? h("button", {
          type: "button", onclick: () => post("/api/train", { run: name, resume: true }).catch(fault => show(notices, h("p", { class: "fault", role: "alert" }, fault.message))),
        }, "Resume") : latest?.state === "done" ? h("a", {
          class: "button", href: "#/draw", onclick: () => {
            studio.prompt = { run: name, text: latest.result?.examplePrompt ?? "" };
            studio.choose(name);
          },
        }, "Draw with it") : null);
    if (latest?.notices.length) show(notices, h("details", { open: latest.state === "failed" }, h("summary", {}, `${latest.notices.length} notices`), h("ul", {}, latest.notices.map(one => h("li", {}, one)))));
  };
  const showCharts = () => {
    drawing = null;
    const described = studio.runs.find(run => run.name === name)?.stages ?? [];
    show(charts, [...stages].map(([stage, entries]) => {
      const curves = described.find(one => one.name === stage)?.curves ?? ["loss"];
      const series = curves.filter(curve => entries.some(entry => entry[curve] !== undefined))
        .map(curve => ({ name: curve, points: entries.filter(entry => entry[curve] !== undefined).map(entry => [entry.step, entry[curve]]) }));
      const drawn = chart(`Stage ${stage}`, series);
      return drawn ? h("figure", {}, h("figcaption", {}, stage, ": ", curves.map(curve => `${curve} ${figure(entries.at(-1)[curve])}`).join(", ")), drawn) : null;
    }));
  };
  showState();
  return {
    element: h("section", { class: "panel column", "aria-label": name }, h("h2", {}, name), state, charts, health, sheets, notices),
    job(job) {
      if (job.kind !== "train" || (latest && Number(job.id) < Number(latest.id))) return;
      latest = job;
      showState();
    },
    news(news) {
      if (news.fault) {
        show(state, h("p", { class: "fault" }, news.fault));
        return;
      }
      ({ elsewhere, seconds } = news);
      if (news.anew) stages.clear();
      for (const entry of news.entries) {
        if (!stages.has(entry.stage)) stages.set(entry.stage, []);
        stages.get(entry.stage).push(entry);
      }
      drawing ??= requestAnimationFrame(showCharts);
      show(health, Object.entries(news.health).map(([stage, one]) => h("p", { class: one.fault ? "fault" : "facts" }, h("b", {}, stage), `: ${one.sentence}${one.fault ? `. ${one.fault}` : ""}`)));
      show(sheets, Object.entries(news.sheets).map(([stage, sheet]) => h("figure", {}, h("figcaption", {}, `Samples after stage ${stage}`),
        h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": `Samples after stage ${stage}` }, h("img", { class: "sheet", width: sheet.width, height: sheet.height, src: inRun(name, `/sheets/${stage}?${sheet.version}`), alt: `Held-out captions after stage ${stage}, drawn beside the truth` })))));
      showState();
    },
  };
}
