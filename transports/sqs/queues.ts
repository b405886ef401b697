/** The queues of this prefix. Their URLs are found once and remembered; each is looked for by one call at a time. */
export interface Queues {
  /**
   * The URL of an address that is consumed, with its dead letters: created where missing (`ensure`), and checked.
   * @throws TransportError `setup` for what waiting does not mend; SqsError for what it may.
   */
  address(address: string): Promise<string>;
  /** The URL of its dead letters, found; undefined where there are none. @throws SqsError */
  deadLetters(address: string): Promise<string | undefined>;
  /** The URL of a queue by its full name, found and not created; undefined where there is none. @throws SqsError */
  find(name: string): Promise<string | undefined>;
  /** Creates the standard queue where replies come in, under that name; its `samovar-alive` tag is kept fresh. @throws SqsError, TransportError `setup` */
  createInbox(name: string): Promise<string>;
  /** Deletes such a queue, and leaves its tag alone from the call on. @throws SqsError */
  deleteInbox(name: string): Promise<void>;
  /** SQS says that there is no such queue (any more): by its name or its URL. */
  forget(nameOrUrl: string): void;
}
