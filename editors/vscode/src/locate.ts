// Where the server is, and what it is started with. Nothing here knows VS Code, so that all of it can be tested alone.

import * as path from "node:path";

/** A credential that the user typed in, kept in the secret storage of the editor. */
export interface Credential {
  realm: string;
  clientId: string;
  clientSecret: string;
}

/** The settings that say where code and credentials go: of the machine, never of a workspace. */
export interface MachineSettings {
  serverPath: string;
  realm: string;
  sandbox: boolean;
  caBundle: string;
  proxy: string;
  noProxy: string;
  endpoints: { idm: string; inference: string; data: string; agents: string };
}

export type Environment = Record<string, string | undefined>;

/** The path, flags and variables that the server and its commands are started with. */
export interface Launch {
  path: string;
  arguments: string[];
  environment: Environment;
}

/** The server that is started, and who named it. */
export type Found = { path: string; by: "setting" | "environment" | "bundle" | "PATH" };
/** A server that somebody named and that is not there; or that nobody named and that is nowhere. */
export type NotFound = { missing: string; by: "setting" | "environment" | "nobody" };

/**
 * The server: the setting first, then `STACKSPOT_LSP_PATH`, then the one in this extension, then the one on `PATH`. One that
 * is named and is not there is an error: another one in its place could be another version with other settings.
 */
export function findServer(
  setting: string,
  environment: Environment,
  extensionDirectory: string,
  isExecutable: (file: string) => boolean,
  platform: NodeJS.Platform = process.platform,
): Found | NotFound {
  const windows = platform === "win32";
  const { join, delimiter } = windows ? path.win32 : path.posix;
  // Windows does not tell upper case from lower in the names of variables, and spells this one `Path`.
  const variableOf = (wanted: string) =>
    windows ? Object.entries(environment).find(([name]) => name.toUpperCase() === wanted)?.[1] : environment[wanted];
  const name = windows ? "stackspot-lsp.exe" : "stackspot-lsp";
  // A shell of Unix on Windows has a HOME that no program of Windows can open.
  const home = (windows ? variableOf("USERPROFILE") : undefined) ?? variableOf("HOME") ?? "~";
  const named = (given: string) => (/^~(?=[\\/]|$)/.test(given) ? join(home, given.slice(1)) : given);
  if (setting.trim() !== "") {
    const file = named(setting.trim());
    return isExecutable(file) ? { path: file, by: "setting" } : { missing: file, by: "setting" };
  }
  const variable = variableOf("STACKSPOT_LSP_PATH") ?? "";
  if (variable !== "") {
    const file = named(variable);
    return isExecutable(file) ? { path: file, by: "environment" } : { missing: file, by: "environment" };
  }
  const bundled = join(extensionDirectory, "server", name);
  if (isExecutable(bundled)) return { path: bundled, by: "bundle" };
  for (const directory of (variableOf("PATH") ?? "").split(delimiter)) {
    // Windows lets a folder with a semicolon in its name stand in quotation marks, and others are written so as well.
    const file = join(windows ? directory.replaceAll('"', "") : directory, name);
    if (directory !== "" && isExecutable(file)) return { path: file, by: "PATH" };
  }
  return { missing: name, by: "nobody" };
}

/** The flags of the server. */
export function serverArguments(settings: MachineSettings): string[] {
  return settings.sandbox ? ["--sandbox"] : [];
}

/**
 * The environment of the server. A credential that the user gave to the editor counts before one of the environment, whole:
 * half of each would be a third one that nobody has.
 */
export function serverEnvironment(
  inherited: Environment,
  settings: MachineSettings,
  credential: Credential | undefined,
): Environment {
  const environment: Environment = { ...inherited };
  const set = (name: string, value: string) => {
    if (value !== "") environment[name] = value;
  };
  set("STACKSPOT_REALM", settings.realm);
  set("STACKSPOT_IDM_URL", settings.endpoints.idm);
  set("STACKSPOT_INFERENCE_URL", settings.endpoints.inference);
  set("STACKSPOT_DATA_URL", settings.endpoints.data);
  set("STACKSPOT_AGENTS_URL", settings.endpoints.agents);
  set("STACKSPOT_CA_BUNDLE", settings.caBundle);
  const names = Object.keys(inherited).map((name) => name.toUpperCase());
  if (!names.includes("HTTPS_PROXY")) {
    set("HTTPS_PROXY", settings.proxy);
    if (!names.includes("NO_PROXY")) set("NO_PROXY", settings.noProxy);
  }
  if (credential !== undefined) {
    delete environment.STACKSPOT_TOKEN;
    delete environment.STACKSPOT_CLIENT_KEY;
    environment.STACKSPOT_REALM = credential.realm;
    environment.STACKSPOT_CLIENT_ID = credential.clientId;
    environment.STACKSPOT_CLIENT_SECRET = credential.clientSecret;
  }
  return environment;
}
