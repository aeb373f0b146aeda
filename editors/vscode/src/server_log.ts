// What the server writes to stderr, taken apart. Nothing here knows VS Code, so that all of it can be tested alone.

export type Level = "error" | "warn" | "info" | "debug" | "trace";

export interface LogLine {
  level: Level;
  text: string;
}

/**
 * A line by the level that it names; its time is left out, for the log of the editor gives each line one. What names no
 * level, the server did not mean to say: the word of a panic, or of a library.
 */
export function logLine(line: string): LogLine {
  const [, level, text] = /^\d{4}-\d\d-\d\dT\S+Z +(ERROR|WARN|INFO|DEBUG|TRACE) +(.*)$/.exec(line) ?? [];
  if (level === undefined || text === undefined) return { level: "error", text: line };
  return { level: level.toLowerCase() as Level, text };
}
