// The settings that the server is told: those that the user has set, and no default of this extension's.

/** What `WorkspaceConfiguration.inspect` tells of a key, as far as it matters here. */
export interface Inspected {
  globalValue?: unknown;
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

/** The configuration as VS Code has it. `get` merges the scopes of an object. */
export interface Configuration {
  inspect(key: string): Inspected | undefined;
  get(key: string): unknown;
}

/**
 * The section as the server expects it, nested. In a workspace that is not trusted the `restricted` keys count only as the
 * user set them for all workspaces; VS Code holds the others back as well, and this does not depend on it.
 */
export function settingsToSend(
  keys: readonly string[],
  configuration: Configuration,
  restricted: ReadonlySet<string>,
  trusted: boolean,
): Record<string, unknown> {
  const section: Record<string, unknown> = {};
  for (const key of keys) {
    const set = configuration.inspect(key);
    if (set === undefined) continue;
    const ofUser = !trusted && restricted.has(key);
    const isSet =
      set.globalValue !== undefined ||
      (!ofUser && (set.workspaceValue !== undefined || set.workspaceFolderValue !== undefined));
    const value = ofUser ? set.globalValue : configuration.get(key);
    // A box that was emptied is unset.
    if (isSet && value !== "") put(section, key.split("."), value);
  }
  return section;
}

function put(section: Record<string, unknown>, [first, ...rest]: string[], value: unknown): void {
  if (first === undefined) return;
  if (rest.length === 0) {
    section[first] = value;
    return;
  }
  const below = (section[first] ?? {}) as Record<string, unknown>;
  section[first] = below;
  put(below, rest, value);
}
