// A few lines to try the actions on, if no file is open.

import * as vscode from "vscode";

const SAMPLE = `def largest(prices):
    result = prices[0]
    for price in prices:
        if price > result:
            result = price
    return result


print(largest([3, 10, 7]))
`;
/** The lines of the function. */
const LINES = 6;

/** Opens the sample with its function selected. */
export async function openSample(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: "python", content: SAMPLE });
  const selection = new vscode.Range(0, 0, LINES, 0);
  await vscode.window.showTextDocument(document, { preview: false, selection });
}
