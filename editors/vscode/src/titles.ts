// What actions are called.

import type { Client } from "./client.ts";

/** What an action is called where the product is known. */
export async function shortTitle(client: Client, action: string): Promise<string> {
  return (await client.action(action))?.shortTitle ?? action;
}

/** A title of the server in a lens: which edit it is about is told by the lines below, and marks of code would be drawn as they are. */
export function asLens(title: string): string {
  return title.replace(/ “[^”]* StackSpot AI[^”]*”/, "").replaceAll("`", "");
}
