// From the settings of the server, as its `schema` command tells them, to those of the extension.

export interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  enum?: unknown[];
  default?: unknown;
  description?: string;
  [key: string]: unknown;
}

export interface Settings {
  /** `contributes.configuration[…].properties`. */
  properties: Record<string, unknown>;
  /** The descriptions in English, by their keys in package.nls.json. */
  descriptions: Record<string, string>;
}

/** What the schema does not describe, because it is a table whose rows it describes. */
const TABLES: Record<string, string> = {
  agents:
    'Agents by names of your choice: `{ "reviewer": { "id": "…" } }`. The names can stand wherever an agent is set.',
  actions: 'What is different about an action, by its id: `{ "explain": { "title": "…", "agent": "…" } }`.',
};

export function settingsOf(schema: Schema): Settings {
  const settings: Settings = { properties: {}, descriptions: {} };
  collect("", schema, settings);
  return settings;
}

function collect(key: string, node: Schema, settings: Settings): void {
  if (
    node.properties !== undefined &&
    (node.additionalProperties ?? false) === false &&
    node.description === undefined
  ) {
    for (const [name, below] of Object.entries(node.properties))
      collect(key === "" ? name : `${key}.${name}`, below, settings);
    return;
  }
  const description = node.description ?? TABLES[key];
  if (description === undefined) throw new Error(`the setting ${key} has no description`);
  const text = `setting.${key}`;
  settings.descriptions[text] = description;
  const { description: _, ...rest } = node;
  settings.properties[`stackspot-lsp.${key}`] = {
    ...forVsCode(rest, node.default === null),
    markdownDescription: `%${text}%`,
  };
}

/** `null` means unset to the server; in the settings of VS Code whoever wants that leaves the line out. */
function forVsCode(node: Schema, nullable: boolean): Schema {
  const result: Schema = { ...node };
  if (Array.isArray(node.type)) {
    const types = nullable ? node.type : node.type.filter((type) => type !== "null");
    const [only] = types;
    result.type = types.length === 1 && only !== undefined ? only : types;
  }
  if (node.enum !== undefined) result.enum = node.enum.filter((value) => value !== null);
  // A choice of texts has no type in the schema, and VS Code draws a list of choices only where it has one.
  if (result.enum !== undefined && result.type === undefined) result.type = "string";
  return result;
}
