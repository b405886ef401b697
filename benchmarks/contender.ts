/** Something that is measured: makes one call at a time for each of its callers. */
export interface Contender {
  readonly name: string;
  call(n: number): Promise<unknown>;
  /** The processor time of its worker so far, in microseconds, where that is a process of its own. */
  workerCpuUs?(): Promise<number>;
  close(): Promise<void>;
}
