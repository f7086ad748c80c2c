/** Runs commands of the machine to their end. */

/** What is run: a program with arguments, or the text of a script with its own first line. */
export type CommandRequest =
  Readonly<{ args: readonly string[] }> | Readonly<{ script: Uint8Array }>;

export interface Commands {
  /**
   * Runs it in a process group of its own and resolves with its exit code (128 and the signal where
   * it was killed). On abort it is killed with its children.
   *
   * @param onOutput standard output and error as they come; the command waits while the promise is
   * pending
   *
   * Fails: `not_found`, `denied` when it cannot be started.
   */
  run(
    request: CommandRequest,
    onOutput: (bytes: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<number>;
}
