// What is seldom used is a bundle of its own, which is read when it is first used.

export { chooseAgent } from "./choose_agent.ts";
export { chooseContext } from "./context_picker.ts";
export { showDoctor } from "./doctor.ts";
export { addFiles, commitMessage, reviewChanges, runOnFiles } from "./files.ts";
export { showMenu } from "./menu.ts";
export { openSample } from "./sample.ts";
