// The agent's exit codes: a contract with whoever watches its Job. 0 alone means that the run's work on this node is done.

/**
 * | code | meaning | what follows |
 * |---|---|---|
 * | 0 | done: nothing pending, manifest in the bucket, spool removed | the Job succeeds |
 * | 75 | not done (told to end, no longer addressed, or an unexpected error): go on with the same spool | the container or pod is replaced |
 * | 78 | bad configuration: no replacement would do better | the operator reports it |
 *
 * Source of the numbers: sysexits(3), EX_TEMPFAIL and EX_CONFIG.
 */
export const EXIT = { done: 0, notDone: 75, badConfig: 78 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
