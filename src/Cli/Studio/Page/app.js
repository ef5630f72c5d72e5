import { h, show, say, duration } from "./dom.js";
import { get, post, on, follow, Fault } from "./api.js";
import { drawPage } from "./draw.js";
import { galleryPage } from "./gallery.js";
import { editPage } from "./edit.js";
import { trainPage } from "./train.js";
import { watchPage } from "./watch.js";
import { evaluatePage } from "./evaluate.js";
import { profilePage } from "./profile.js";
import { kernelsPage } from "./kernels.js";
import { devicesPage } from "./devices.js";

const pages = [
  ["draw", "Draw", drawPage], ["gallery", "Gallery", galleryPage], ["edit", "Edit", editPage], ["train", "Train", trainPage],
  ["watch", "Watch", watchPage], ["evaluate", "Evaluate", evaluatePage], ["profile", "Profile", profilePage],
  ["kernels", "Kernels", kernelsPage], ["devices", "Devices", devicesPage],
];

const main = document.getElementById("main"), chooser = document.getElementById("run"), jobsPlace = document.getElementById("jobs");

// What all pages share.
const studio = { info: null, runs: [], run: null, jobs: new Map(), devices: [] };
studio.refresh = async () => {
  studio.runs = await get("/api/runs");
  fillChooser();
};
studio.choose = name => {
  studio.run = name;
  keep("run", name);
  fillChooser();
};
studio.current = () => studio.runs.find(run => run.name === studio.run) ?? null;
studio.fail = fault => {
  if (!(fault instanceof Fault)) console.error(fault);
  say(fault.message);
};
// Runs an action and says beneath it what went wrong.
studio.attempt = async (place, action) => {
  show(place);
  try {
    return await action();
  } catch (fault) {
    studio.fail(fault);
    show(place, h("p", { class: "fault", role: "alert" }, fault.message));
    return null;
  }
};
// Follows a job until it is over.
studio.until = (id, changed) => new Promise((over, fail) => {
  const forgets = [];
  let isOver = false;
  const end = (settle, value) => {
    isOver = true;
    forgets.forEach(forget => forget());
    settle(value);
  };
  const look = job => {
    // An answer may come behind the event that ended it.
    if (job.id !== id || isOver) return;
    changed?.(job);
    if (["done", "failed", "stopped"].includes(job.state)) end(over, job);
  };
  // Events may have passed before this was called, or while the page was hidden.
  const catchUp = () => get(`/api/jobs/${id}`).then(look, fault => end(fail, fault));
  forgets.push(on("job", look), on("jobs", catchUp));
  catchUp();
});

function fillChooser() {
  if (!studio.runs.some(run => run.name === studio.run)) studio.run = null;
  studio.run ??= remembered("run", studio.runs) ?? studio.runs.find(run => run.stages?.some(stage => stage.trained))?.name ?? studio.runs[0]?.name ?? null;
  show(chooser, studio.runs.length === 0 ? h("option", {}, "none yet")
    : studio.runs.map(run => h("option", { value: run.name, selected: run.name === studio.run }, run.name)));
  chooser.disabled = studio.runs.length === 0;
}

function remembered(key, runs) {
  const name = recall(key);
  return runs.some(run => run.name === name) ? name : null;
}

function recall(key) {
  try { return localStorage.getItem(`dalle2-${key}`); } catch { return null; }
}

function keep(key, value) {
  try { localStorage.setItem(`dalle2-${key}`, value); } catch { /* a browser may forbid it */ }
}

let leave = null;

async function route() {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  const page = pages.find(one => one[0] === name) ?? pages[0];
  leave?.();
  leave = null;
  follow([]);
  for (const link of document.querySelectorAll("#pages a")) {
    if (link.dataset.page === page[0]) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${page[1]} - dalle2 studio`;
  try {
    leave = page[2](main, studio, rest.map(decodeURIComponent)) ?? null;
  } catch (fault) {
    studio.fail(fault);
    show(main, h("p", { class: "fault", role: "alert" }, fault.message));
  }
}

function jobLine(job) {
  const progress = job.progress, isOver = ["done", "failed", "stopped"].includes(job.state);
  const share = progress?.steps ? progress.step / progress.steps : null;
  return h("li", { class: `job ${job.state}` },
    h("span", { class: "job-title" }, job.title),
    h("span", { class: "job-state" }, job.waitsFor ?? (job.state === "running" ? progress?.what ? `${progress.what} ${progress.step} of ${progress.steps}` : progress?.steps ? `step ${progress.step} of ${progress.steps}` : "running"
      : job.fault ?? (job.seconds !== null ? `${job.state} in ${duration(job.seconds)}` : job.state))),
    h("progress", share === null || isOver ? { class: "empty", "aria-hidden": "true", value: 0, max: 1 } : { value: share, max: 1, "aria-label": job.title }),
    isOver ? h("span", {}) : h("button", { type: "button", class: "quiet", onclick: () => post(`/api/jobs/${job.id}/stop`).catch(studio.fail), "aria-label": `Stop ${job.title}` }, "Stop"));
}

function showJobs() {
  const all = [...studio.jobs.values()], open = all.filter(job => job.state === "running" || job.state === "queued");
  const last = all.filter(job => !open.includes(job)).at(-1);
  const shown = open.length > 0 ? open : last ? [last] : [];
  show(jobsPlace, shown.length === 0 ? h("p", { class: "idle" }, "No jobs. One runs at a time on a device; a closed page stops none.")
    : h("ul", {}, shown.slice(0, 3).map(jobLine)),
    shown.length > 3 ? h("p", { class: "idle" }, `and ${shown.length - 3} more`) : null);
}

function theme(chosen) {
  if (chosen) document.documentElement.dataset.theme = chosen;
}

document.getElementById("theme").addEventListener("click", () => {
  const isDark = (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  theme(isDark ? "light" : "dark");
  keep("theme", isDark ? "light" : "dark");
});

chooser.addEventListener("change", () => {
  studio.choose(chooser.value);
  route();
});

on("jobs", jobs => {
  studio.jobs = new Map(jobs.map(job => [job.id, job]));
  showJobs();
});
on("job", job => {
  const before = studio.jobs.get(job.id)?.state;
  studio.jobs.set(job.id, job);
  showJobs();
  if (before && before !== job.state && ["done", "failed", "stopped"].includes(job.state)) {
    say(`${job.title}: ${job.fault ?? job.state}`);
    if (job.kind === "train") studio.refresh().catch(studio.fail);
  }
});

theme(recall("theme"));
show(document.getElementById("pages"), pages.map(([name, title]) => h("a", { href: `#/${name}`, "data-page": name }, title)));
showJobs();
addEventListener("hashchange", () => {
  route();
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
});
try {
  [studio.info, studio.runs] = await Promise.all([get("/api/studio"), get("/api/runs")]);
  fillChooser();
  route();
} catch (fault) {
  show(main, h("p", { class: "fault", role: "alert" }, fault.message));
}
