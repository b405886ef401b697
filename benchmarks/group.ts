/** What one group of measurements has found. Everything that is shown is made of this, and is kept as JSON. */
export interface Table {
  readonly title: string;
  readonly note?: string;
  /**
   * The first one names the row. A quick run is held to the recorded `ratio`, where more is better, with its own
   * `ratio max`, the best of its rounds, or else its `ratio`.
   */
  readonly columns: readonly string[];
  /** Numbers as they were measured: they are rounded when they are kept, and when they are shown. */
  readonly rows: readonly (readonly (string | number)[])[];
  /** Draws this column as bars into `docs/benchmarks-<file>.svg`. */
  readonly chart?: { readonly file: string; readonly column: string };
}

export interface GroupContext {
  /** Of the broker, with an administrator's credentials. */
  readonly url: string;
  /** Of its management plugin, for virtual hosts of one's own. */
  readonly managementUrl: string;
  /** Its process, where it runs on this machine. */
  readonly brokerPid?: number;
  /** Orders the rounds. */
  readonly seed: number;
  /** A smaller measurement, in seconds. */
  readonly quick: boolean;
  /** Says how far it is. */
  readonly write: (line: string) => void;
}

/** Measures one group; each is in a file of its own and joins in report.ts. */
export type MeasureGroup = (context: GroupContext) => Promise<readonly Table[]>;
