import assert from "node:assert/strict";
import { test } from "node:test";
import { findServer, type MachineSettings, serverArguments, serverEnvironment } from "../src/locate.ts";

const SETTINGS: MachineSettings = {
  serverPath: "",
  realm: "",
  sandbox: false,
  caBundle: "",
  proxy: "",
  noProxy: "",
  endpoints: { idm: "", inference: "", data: "", agents: "" },
};

const everything = [
  "/own/stackspot-lsp",
  "/variable/stackspot-lsp",
  "/extension/server/stackspot-lsp",
  "/bin/stackspot-lsp",
];
const find = (setting: string, there: string[], variables: Record<string, string> = {}) =>
  findServer(
    setting,
    { PATH: "/usr/bin:/bin", HOME: "/home/ana", ...variables },
    "/extension",
    (file) => there.includes(file),
    "linux",
  );

test("the server is that of the setting, the environment, the extension, or PATH, in this order", () => {
  const variable = { STACKSPOT_LSP_PATH: "/variable/stackspot-lsp" };
  assert.deepEqual(find("/own/stackspot-lsp", everything, variable), { path: "/own/stackspot-lsp", by: "setting" });
  assert.deepEqual(find("", everything, variable), { path: "/variable/stackspot-lsp", by: "environment" });
  assert.deepEqual(find("", everything), { path: "/extension/server/stackspot-lsp", by: "bundle" });
  assert.deepEqual(find("", ["/bin/stackspot-lsp"]), { path: "/bin/stackspot-lsp", by: "PATH" });
  assert.deepEqual(find("", []), { missing: "stackspot-lsp", by: "nobody" });
});

test("a server that is named and not there is an error, and no other one takes its place", () => {
  assert.deepEqual(find("/gone", everything), { missing: "/gone", by: "setting" });
  assert.deepEqual(find("", everything, { STACKSPOT_LSP_PATH: "/gone" }), { missing: "/gone", by: "environment" });
});

test("a path may start at home", () => {
  assert.deepEqual(find("~/bin/lsp", ["/home/ana/bin/lsp"]), { path: "/home/ana/bin/lsp", by: "setting" });
});

test("on Windows the server has its ending, and every path is one of Windows", () => {
  const extension = "c:\\Users\\ana\\.vscode\\extensions\\stackspot-lsp-0.1.0-win32-x64";
  const bundled = `${extension}\\server\\stackspot-lsp.exe`;
  const installed = "C:\\Program Files\\StackSpot (ação)\\stackspot-lsp.exe";
  const own = "C:\\Users\\ana\\bin\\stackspot-lsp.exe";
  const variables = {
    Path: 'C:\\Windows;"C:\\Program Files\\StackSpot (ação)"',
    UserProfile: "C:\\Users\\ana",
    HOME: "/c/Users/ana",
  };
  const find = (setting: string, there: string[], more: Record<string, string> = {}) =>
    findServer(setting, { ...variables, ...more }, extension, (file) => there.includes(file), "win32");
  assert.deepEqual(find("", [bundled, installed]), { path: bundled, by: "bundle" });
  assert.deepEqual(find("", [installed]), { path: installed, by: "PATH" });
  assert.deepEqual(find("~\\bin\\stackspot-lsp.exe", [own, bundled]), { path: own, by: "setting" });
  assert.deepEqual(find("~/bin/stackspot-lsp.exe", [own, bundled]), { path: own, by: "setting" });
  assert.deepEqual(find("", [own, bundled], { StackSpot_LSP_Path: own }), { path: own, by: "environment" });
  const share = "\\\\files\\tools\\stackspot-lsp.exe";
  assert.deepEqual(find(share, [share, bundled]), { path: share, by: "setting" });
  assert.deepEqual(find("C:\\gone.exe", [bundled]), { missing: "C:\\gone.exe", by: "setting" });
});

test("the sandbox is a flag", () => {
  assert.deepEqual(serverArguments(SETTINGS), []);
  assert.deepEqual(serverArguments({ ...SETTINGS, sandbox: true }), ["--sandbox"]);
});

test("the settings of the machine become variables, and empty ones leave those of the environment alone", () => {
  const inherited = { STACKSPOT_REALM: "acme", STACKSPOT_IDM_URL: "https://idm.acme", HOME: "/home/ana" };
  assert.deepEqual(serverEnvironment(inherited, SETTINGS, undefined), inherited);
  const settings = {
    ...SETTINGS,
    realm: "other",
    caBundle: "/ca.pem",
    endpoints: { ...SETTINGS.endpoints, data: "https://d" },
  };
  assert.deepEqual(serverEnvironment(inherited, settings, undefined), {
    ...inherited,
    STACKSPOT_REALM: "other",
    STACKSPOT_CA_BUNDLE: "/ca.pem",
    STACKSPOT_DATA_URL: "https://d",
  });
});

test("a credential that the user gave to the editor counts as a whole", () => {
  const inherited = { STACKSPOT_TOKEN: "t", STACKSPOT_CLIENT_KEY: "k", STACKSPOT_CLIENT_ID: "i", STACKSPOT_REALM: "r" };
  const credential = { realm: "acme", clientId: "id", clientSecret: "secret" };
  assert.deepEqual(serverEnvironment(inherited, { ...SETTINGS, realm: "setting" }, credential), {
    STACKSPOT_REALM: "acme",
    STACKSPOT_CLIENT_ID: "id",
    STACKSPOT_CLIENT_SECRET: "secret",
  });
});

test("the proxy of the editor is taken where the environment names none", () => {
  const settings = { ...SETTINGS, proxy: "http://proxy:3128", noProxy: "intranet" };
  assert.deepEqual(serverEnvironment({}, settings, undefined), {
    HTTPS_PROXY: "http://proxy:3128",
    NO_PROXY: "intranet",
  });
  const own = { https_proxy: "http://mine:1" };
  assert.deepEqual(serverEnvironment(own, settings, undefined), own);
});
