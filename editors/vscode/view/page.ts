// The page of the answers: a conversation, the list of all, and a box for the next question. It holds no state that counts:
// the extension tells what there is, and is asked for everything that is done.

import type { FromPage, ShownTurn, ToPage, Words } from "../src/view_messages.ts";
import { createRenderer } from "./render.ts";

declare function acquireVsCodeApi(): {
  postMessage(message: FromPage): void;
  getState(): Kept | undefined;
  setState(state: Kept): void;
};

/** What is kept while the page is hidden, and over a reload. */
interface Kept {
  draft: string;
  top: number;
  thread: string | undefined;
}

const vscode = acquireVsCodeApi();
const find = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const words: Words = JSON.parse(document.body.dataset["words"] ?? "{}");
const rendered = createRenderer(words);
const turns = find("turns");
const box = find<HTMLTextAreaElement>("question");
const [send, stop, history, rows, empty] = [
  find<HTMLButtonElement>("send"),
  find<HTMLButtonElement>("stop"),
  find<HTMLButtonElement>("history"),
  find("rows"),
  find("empty"),
];

const kept: Kept = vscode.getState() ?? { draft: "", top: 0, thread: undefined };
let thread: string | undefined;
/** The answer whose beginning stays at the top while it grows, until the reader goes elsewhere. */
let held: string | undefined;
/** The parts of each answer as they are drawn. */
const drawn = new Map<string, { turn: ShownTurn; article: HTMLElement }>();

function keep(): void {
  vscode.setState({ draft: box.value, top: turns.scrollTop, thread });
}

/** An element with words in it, which are text whatever they are. */
function element(name: string, text: string, className = ""): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

function article(turn: ShownTurn): HTMLElement {
  const made = document.createElement("article");
  made.dataset["turn"] = turn.id;
  const head = element("h2", "");
  const source = element("button", turn.subject, "link");
  source.title = words.source;
  source.dataset["act"] = "source";
  head.append(element("strong", turn.title), " · ", source);
  made.append(head);
  if (turn.instruction) made.append(element("blockquote", turn.instruction));
  made.append(element("div", "", "body"), element("div", "", "sources"), element("p", "", "footer"));
  return made;
}

function drawParts(made: HTMLElement, turn: ShownTurn, before: ShownTurn | undefined): void {
  const part = (name: string) => made.querySelector<HTMLElement>(`:scope > .${name}`);
  const [body, sources, footer] = [part("body"), part("sources"), part("footer")];
  if (body === null || sources === null || footer === null) return;
  if (turn.body !== before?.body) body.innerHTML = rendered(turn.body);
  const names = (turn.sources ?? []).map((it) => it.name ?? it.slug ?? it.kind ?? "").filter((name) => name !== "");
  const list = document.createElement("ul");
  list.append(...[...new Set(names)].map((name) => element("li", name)));
  sources.replaceChildren(...(names.length > 0 ? [element("strong", words.sources), list] : []));
  footer.replaceChildren(element("em", turn.footer));
  made.classList.toggle("grows", turn.grows);
}

function draw(turn: ShownTurn): void {
  const known = drawn.get(turn.id);
  const made = known?.article ?? article(turn);
  drawParts(made, turn, known?.turn);
  drawn.set(turn.id, { turn, article: made });
  if (known === undefined) {
    turns.append(made);
    held = turn.id;
  }
  // What is new is read from its beginning, which has no room at the top before there are lines below it.
  if (held === turn.id) made.scrollIntoView({ block: "start" });
}

function drawState(): void {
  const grows = [...drawn.values()].some(({ turn }) => turn.grows);
  stop.hidden = !grows;
  send.hidden = grows;
  empty.hidden = drawn.size > 0;
}

function drawAll({ rows: all, thread: shown, turns: told }: Extract<ToPage, { type: "all" }>): void {
  const ids = new Set(told.map(({ id }) => id));
  for (const [id, { article: made }] of drawn) {
    if (shown === thread && ids.has(id)) continue;
    made.remove();
    drawn.delete(id);
  }
  const isNew = shown !== thread;
  thread = shown;
  for (const turn of told) draw(turn);
  if (isNew && shown === kept.thread) {
    held = undefined;
    turns.scrollTop = kept.top;
    kept.thread = undefined;
  }
  history.hidden = all.length === 0;
  rows.replaceChildren(
    ...all.map(({ id, title, when }) => {
      const row = document.createElement("li");
      const choose = element("button", title, "choose");
      choose.append(element("span", when));
      choose.dataset["thread"] = id;
      choose.toggleAttribute("aria-current", id === thread);
      const forget = element("button", "×", "forget");
      forget.dataset["thread"] = id;
      forget.title = words.forget;
      forget.setAttribute("aria-label", `${words.forget}: ${title}`);
      row.append(choose, forget);
      return row;
    }),
  );
  drawState();
}

function showRows(isOpen: boolean): void {
  rows.hidden = !isOpen;
  history.setAttribute("aria-expanded", String(isOpen));
}

function ask(): void {
  const text = box.value.trim();
  if (text === "" || send.hidden) return;
  box.value = "";
  keep();
  vscode.postMessage({ type: "ask", text });
}

window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
  if (data.type === "all") drawAll(data);
  if (data.type === "focus") box.focus();
  if (data.type === "turn" && data.thread === thread) {
    draw(data.turn);
    drawState();
  }
});

// All clicks are taken here, before the editor's own handler, which would open whatever a link says.
document.addEventListener(
  "click",
  (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const turn = target?.closest<HTMLElement>("article")?.dataset["turn"] ?? "";
    const link = target?.closest("a");
    if (link) {
      event.preventDefault();
      event.stopPropagation();
      vscode.postMessage({ type: "open", href: link.getAttribute("href") ?? "", turn });
      return;
    }
    const button = target?.closest<HTMLButtonElement>("button");
    if (!button) return;
    const { step, act, thread: chosen } = button.dataset;
    if (step === "copy" || step === "insert" || step === "replace" || step === "diff") {
      const code = button.closest(".code")?.querySelector("code")?.textContent ?? "";
      vscode.postMessage({ type: "code", step, code, turn });
    } else if (act === "source") {
      vscode.postMessage({ type: "source", turn });
    } else if (chosen !== undefined) {
      const isForgotten = button.classList.contains("forget");
      vscode.postMessage({ type: isForgotten ? "forget" : "choose", thread: chosen });
      if (!isForgotten) showRows(false);
    } else if (button === history) {
      showRows(rows.hidden !== false);
    } else if (button === stop) {
      vscode.postMessage({ type: "stop" });
    } else if (button === send) {
      ask();
    }
  },
  true,
);
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  ask();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !rows.hidden) showRows(false);
});
for (const moves of ["wheel", "keydown", "pointerdown"]) turns.addEventListener(moves, () => (held = undefined));
box.addEventListener("input", keep);
turns.addEventListener("scrollend", keep);
box.value = kept.draft;
window.addEventListener("resize", () => vscode.postMessage({ type: "resized", width: window.innerWidth }));
vscode.postMessage({ type: "ready", width: window.innerWidth });
