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
    'Agents by names of your choice: `{ "reviewer": { "id": "…" } }`. Each setting of an agent accepts these names.',
  actions: 'What is different about an action, by its id: `{ "explain": { "title": "…", "agent": "…" } }`.',
};

/** What the page of the settings begins with; the others follow by their names. */
const FIRST = ["agent", "edit.apply", "secrets.guard", "language", "streaming", "agents", "actions"];

/** What a choice means, by its key and its value. A value that is not here is explained by the description. */
const CHOICES: Record<string, Record<string, string>> = {
  "answer.surface": {
    auto: "The best that this editor has.",
    virtual: "A virtual document (not a file).",
    file: "A Markdown file, which grows.",
  },
  "edit.apply": {
    auto: "What is safe goes in at once; the rest waits as a diff.",
    review: "Every edit waits as a diff.",
  },
  language: {
    auto: "The language of this editor.",
    en: "English",
    "pt-BR": "Português (Brasil)",
  },
  "remarks.surface": {
    auto: "At their lines.",
    inline: "At their lines, as problems.",
    document: "In a document.",
    both: "At their lines and in a document.",
  },
  "secrets.guard": {
    ask: "You are asked before it is sent.",
    refuse: "It is not sent.",
    off: "There is no check. Only `config.toml` can set this.",
  },
};

/** Choices that change nothing in this editor. */
const WITHOUT_EFFECT: Record<string, unknown[]> = { "answer.surface": ["message"] };

/** What the page of the settings says in other words than the schema, because it can link to a command. */
const DESCRIPTIONS: Record<string, string> = {
  agent:
    "The agent that answers: its id, or a name from `#stackspot-lsp.agents#`. [Choose it from a list](command:stackspot-ai.chooseAgent). Empty means `STACKSPOT_AGENT_ID` or the agent of `config.toml`.",
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
  const description = DESCRIPTIONS[key] ?? node.description ?? TABLES[key];
  if (description === undefined) throw new Error(`the setting ${key} has no description`);
  const text = `setting.${key}`;
  settings.descriptions[text] = description;
  const { description: _, ...rest } = node;
  settings.properties[`stackspot-lsp.${key}`] = {
    ...forVsCode(key, rest),
    ...enumDescriptions(key, node, settings.descriptions),
    ...(FIRST.includes(key) ? { order: FIRST.indexOf(key) + 1 } : { order: FIRST.length + 1 }),
    markdownDescription: `%${text}%`,
  };
}

/** What the choices of a setting mean, with their texts beside the others. */
function enumDescriptions(key: string, node: Schema, descriptions: Record<string, string>): object {
  const means = CHOICES[key];
  if (node.enum === undefined || means === undefined) return {};
  const texts = choices(key, node.enum).map((value) => {
    const text = `setting.${key}.${String(value)}`;
    const meaning = means[String(value)];
    if (meaning === undefined) throw new Error(`the choice ${String(value)} of ${key} has no description`);
    descriptions[text] = meaning;
    return `%${text}%`;
  });
  return { markdownEnumDescriptions: texts };
}

/** The choices that have an effect here; `null` means unset, and there is a line to leave out for that. */
function choices(key: string, values: unknown[]): unknown[] {
  return values.filter((value) => value !== null && !WITHOUT_EFFECT[key]?.includes(value));
}

/** `null` means unset to the server; in the settings of VS Code a missing line means the same. */
function forVsCode(key: string, node: Schema): Schema {
  const result: Schema = { ...node };
  if (Array.isArray(node.type)) {
    const types = node.type.filter((type) => type !== "null");
    const [only] = types;
    result.type = types.length === 1 && only !== undefined ? only : types;
    // An empty text is unset, and is drawn as a box; a type with null in it as a link to the file.
    if (result.type === "string" && node.default === null) result.default = "";
  }
  if (node.enum !== undefined) result.enum = choices(key, node.enum);
  // A choice of texts has no type in the schema, and VS Code draws a list of choices only where it has one.
  if (result.enum !== undefined && result.type === undefined) result.type = "string";
  return result;
}
