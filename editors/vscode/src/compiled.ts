// A file whose compiled form is kept. Most of what it takes to load the language client is V8 compiling it, which need be
// done once for a version of the file and of V8. Nothing here knows VS Code, so that all of it can be tested alone.

import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as vm from "node:vm";

export interface Loaded {
  exports: unknown;
  /** Whether it had been compiled before. */
  wasKept: boolean;
  /** Keeps what is compiled by now, unless it is kept already. */
  keep(): Promise<void>;
}

/** Loads a CommonJS module, with what was kept in `directory` at an earlier time. */
export function load(file: string, require: NodeJS.Require, directory: string): Loaded {
  const source = fs.readFileSync(file, "utf8");
  const name = path.basename(file, ".js");
  const version = digest(`${process.versions.v8} ${process.arch} ${source}`).toString("hex").slice(0, 16);
  const kept = path.join(directory, `${name}-${version}.compiled`);
  const cachedData = readKept(kept);
  // In one line with the first of the source, so that the lines of its errors are right.
  const wrapped = `(function (exports, require, module, __filename, __dirname) { ${source}\n})`;
  const script = new vm.Script(wrapped, { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, file, path.dirname(file));
  const wasKept = cachedData !== undefined && script.cachedDataRejected !== true;
  return {
    exports: module.exports,
    wasKept,
    async keep() {
      if (wasKept) return;
      await writeKept(kept, script.createCachedData());
      const isOld = (it: string) => it.startsWith(`${name}-`) && path.join(directory, it) !== kept;
      for (const old of (await fs.promises.readdir(directory)).filter(isOld))
        await fs.promises.rm(path.join(directory, old), { force: true });
    },
  };
}

/** What was kept, if it is whole: V8 trusts what it is given. */
function readKept(file: string): Buffer | undefined {
  try {
    const content = fs.readFileSync(file);
    const data = content.subarray(DIGEST_BYTES);
    return data.length > 0 && digest(data).equals(content.subarray(0, DIGEST_BYTES)) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Writes it beside its place first: other windows may read or write it at the same time. */
async function writeKept(file: string, data: Buffer): Promise<void> {
  await fs.promises.mkdir(path.dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}`;
  await fs.promises.writeFile(beside, Buffer.concat([digest(data), data]));
  await fs.promises.rename(beside, file);
}

const DIGEST_BYTES = 32;

function digest(data: string | Buffer): Buffer {
  return crypto.createHash("sha256").update(data).digest();
}
