// The credential in the secret storage of the editor.

import type * as vscode from "vscode";
import type { Credential } from "./locate.ts";

/** Its key in the secret storage. */
export const CREDENTIAL_KEY = "credential";

/** The credential of the secret storage. It is undefined if there is none, or if it cannot be read. */
export async function readCredential(secrets: vscode.SecretStorage): Promise<Credential | undefined> {
  const stored = await secrets.get(CREDENTIAL_KEY);
  if (stored === undefined) return undefined;
  try {
    const { realm, clientId, clientSecret } = JSON.parse(stored);
    const texts = [realm, clientId, clientSecret];
    return texts.every((text) => typeof text === "string" && text !== "")
      ? { realm, clientId, clientSecret }
      : undefined;
  } catch {
    return undefined;
  }
}
