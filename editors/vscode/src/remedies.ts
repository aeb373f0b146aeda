// What can be done about a failure, by its kind.

export type Remedy = "signIn" | "sandbox" | "chooseAgent" | "openSettings" | "doctor" | "showLog" | "retry";

/** The remedies for a kind of failure, the most useful first. Each becomes a button; three fit into a message. */
export function remedies(kind: string | undefined, isSignedOut: boolean): Remedy[] {
  switch (kind) {
    case "credentials":
      return isSignedOut ? ["signIn", "sandbox"] : ["chooseAgent", "signIn", "doctor"];
    case "forbidden":
      return ["chooseAgent", "signIn"];
    case "quota":
      return ["chooseAgent"];
    case "promptTooLarge":
      return ["openSettings"];
    case "refused":
      return ["retry"];
    case "network":
      return ["retry", "doctor", "openSettings"];
    case "rateLimited":
    case "timeout":
    case "truncated":
    case "server":
    case "outOfSync":
      return ["retry"];
    default:
      return ["retry", "showLog"];
  }
}
