// An answer's Markdown as HTML of ours. The server has defused it already; here no HTML of it is HTML either, no picture is
// one, and a link is a link only to the web, to an address of mail, or to a line of the file that was asked about.

import highlighter from "highlight.js/lib/common";
import MarkdownIt from "markdown-it";
import { CODE_STEPS, type Words } from "../src/view_messages.ts";

/** Longer code than this is not coloured, in characters: it is drawn anew while it grows. */
const COLOURED = 20_000;

/** Makes what turns Markdown into HTML. */
export function createRenderer(words: Words): (markdown: string) => string {
  const markdown = new MarkdownIt("default", { html: false, linkify: false, typographer: false });
  markdown.disable("image");
  markdown.validateLink = (address) => /^(https?:\/\/|mailto:|file:\/\/\/)/i.test(address);
  const { escapeHtml } = markdown.utils;
  const button = (step: keyof Words) => `<button type="button" data-step="${step}">${escapeHtml(words[step])}</button>`;
  const block = (code: string, info: string) => {
    const language = /^[\w+#.-]{1,24}/.exec(info.trim())?.[0] ?? "";
    const isKnown = highlighter.getLanguage(language) !== undefined && code.length <= COLOURED;
    const coloured = isKnown ? highlighter.highlight(code, { language, ignoreIllegals: true }).value : escapeHtml(code);
    const bar = `<div class="bar"><span>${escapeHtml(language)}</span>${CODE_STEPS.map(button).join("")}</div>`;
    return `<div class="code">${bar}<pre tabindex="0"><code>${coloured}</code></pre></div>\n`;
  };
  markdown.renderer.rules.fence = (tokens, index) => block(tokens[index]?.content ?? "", tokens[index]?.info ?? "");
  markdown.renderer.rules.code_block = (tokens, index) => block(tokens[index]?.content ?? "", "");
  return (text) => markdown.render(text);
}
