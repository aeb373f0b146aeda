import assert from "node:assert/strict";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { load } from "../src/compiled.ts";

const require = createRequire(import.meta.url);

function place(source: string) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "compiled-"));
  const file = path.join(root, "client.js");
  const kept = path.join(root, "storage", "kept");
  fs.writeFileSync(file, source);
  const files = () => (fs.existsSync(kept) ? fs.readdirSync(kept) : []);
  return {
    file,
    kept,
    files,
    only: () => path.join(kept, files()[0] ?? "nothing"),
    remove: () => fs.rmSync(root, { recursive: true }),
  };
}

const SOURCE =
  'const path = require("node:path"); exports.name = path.basename(__filename); exports.twice = (it) => 2 * it;';

test("a module is compiled once, and works the same from what was kept", async () => {
  const { file, kept, files, remove } = place(SOURCE);
  const first = load(file, require, kept);
  assert.equal(first.wasKept, false);
  await first.keep();
  assert.equal(files().length, 1);
  const second = load(file, require, kept);
  assert.equal(second.wasKept, true);
  for (const { exports } of [first, second]) {
    const { name, twice } = exports as { name: string; twice(it: number): number };
    assert.deepEqual([name, twice(21)], ["client.js", 42]);
  }
  remove();
});

test("another version of the module is compiled anew, and takes the place of the one before", async () => {
  const { file, kept, files, only, remove } = place(SOURCE);
  await load(file, require, kept).keep();
  const before = only();
  // V8 itself would take it, for the length is the same.
  fs.writeFileSync(file, SOURCE.replace("2 * it", "3 * it"));
  const changed = load(file, require, kept);
  assert.equal(changed.wasKept, false);
  assert.equal((changed.exports as { twice(it: number): number }).twice(21), 63);
  await changed.keep();
  assert.equal(files().length, 1);
  assert.notEqual(only(), before);
  remove();
});

test("what was damaged on the disk is not used, and is mended", async () => {
  const { file, kept, only, remove } = place(SOURCE);
  await load(file, require, kept).keep();
  const whole = fs.readFileSync(only());
  for (const damaged of [Buffer.alloc(0), whole.subarray(0, -1), Buffer.from(whole).fill(7, 200, 220)]) {
    fs.writeFileSync(only(), damaged);
    const loaded = load(file, require, kept);
    assert.equal(loaded.wasKept, false);
    await loaded.keep();
    assert.equal(load(file, require, kept).wasKept, true);
  }
  remove();
});

test("an error has the line of the file", () => {
  const { file, kept, remove } = place("exports.fails = () => {\n  throw new Error('so');\n};");
  const { fails } = load(file, require, kept).exports as { fails(): void };
  assert.throws(fails, (error: Error) => error.stack?.includes(`${file}:2:9`) === true);
  remove();
});
