/** What the command line exits with; the numbers of sysexits(3) where there is one. */
export const exitCodes = {
  ok: 0,
  /** It ran, and something was not as expected. */
  failed: 1,
  /** The call that was asked about did not run, and will not. */
  notExecuted: 2,
  /** EX_USAGE: the command line, or the request on it, is wrong. */
  usage: 64,
  /** EX_UNAVAILABLE: the broker, the address or its worker is not there. */
  unavailable: 69,
  /** EX_SOFTWARE: a bug. */
  bug: 70,
  /** EX_TEMPFAIL: no answer in time, or too much to do; another try may succeed. */
  temporary: 75,
  /** EX_CONFIG: a setting is wrong, and waiting does not mend it. */
  configuration: 78,
} as const;

/** 128 and the number of the signal, as shells do. */
export const signalExitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
