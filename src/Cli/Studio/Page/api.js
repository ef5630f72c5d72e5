// Requests to the studio, and the events that it sends.
export class Fault extends Error {}

async function ask(path, request) {
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    throw new Fault("the studio does not answer; it may have been closed");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Fault(body.fault ?? `the studio answered ${answer.status}`);
  return body;
}

export const get = path => ask(path);

export const post = (path, body) => ask(path, {
  method: "POST",
  headers: { "Content-Type": "application/json", "X-Dalle2": "studio" },
  body: JSON.stringify(body ?? {}),
});

export const send = (path, file) => ask(path, {
  method: "POST",
  headers: { "Content-Type": "application/octet-stream", "X-Dalle2": "studio" },
  body: file,
});

export const inRun = (run, rest) => `/api/runs/${encodeURIComponent(run)}${rest ?? ""}`;

// One line for all events of this page. A hidden page lets go of it: a browser has few of them.
const listeners = new Map();
let source = null, followed = [];

function open() {
  source?.close();
  source = null;
  if (document.hidden) return;
  source = new EventSource(`/api/events?${followed.map(run => `follow=${encodeURIComponent(run)}`).join("&")}`);
  for (const name of ["jobs", "job", "emerging", "run"]) {
    source.addEventListener(name, event => {
      const data = JSON.parse(event.data);
      for (const listener of [...(listeners.get(name) ?? [])]) listener(data);
    });
  }
}

export function on(name, listener) {
  if (!listeners.has(name)) listeners.set(name, new Set());
  listeners.get(name).add(listener);
  return () => listeners.get(name).delete(listener);
}

export function follow(runs) {
  if (source && runs.length === followed.length && runs.every((run, i) => run === followed[i])) return;
  followed = [...runs];
  open();
}

document.addEventListener("visibilitychange", open);
addEventListener("pagehide", () => source?.close());
