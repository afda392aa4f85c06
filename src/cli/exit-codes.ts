// What the plugin's exit codes mean: scripts branch on them.

export const EXIT = {
  /** Done; of a capture that was waited for: complete, and nothing was lost. */
  ok: 0,
  /** Anything that has no code of its own. */
  error: 1,
  /** The command line does not say what to do. */
  usage: 2,
  /** The capture is complete, and packets were lost on the way: LossDetected is True. */
  lossy: 3,
  /** The capture failed. */
  failed: 4,
  /** It did not come to its end in the time given. */
  timeout: 5,
  /** The API server does not let this user do it. */
  forbidden: 6,
  /** What was named is not there: a capture, a run, the CRDs. */
  notFound: 7,
  /** Ended by Ctrl-C, as shells count. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
