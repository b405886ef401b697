/** One way to do RPC. Its caller and its worker each run in a process of their own, under party.ts. */
export interface Peer {
  /** Answers the echo (`{ n, text }` → `{ n }`) until the returned function is called. */
  serve(options: PeerOptions): Promise<() => Promise<void>>;
  /** What makes calls. */
  connect(options: PeerOptions): Promise<Caller>;
}

export interface Caller {
  /** One call; resolves once it is answered with `n`. A call of a negative `n` need not be answered. */
  call(n: number): Promise<unknown>;
  close(): Promise<void>;
}

export interface PeerOptions {
  /** Of the broker. */
  readonly url: string;
  /** Which kind of this peer: 'documented' or 'tuned', and others that the peer knows. */
  readonly variant: string;
  /** What the request carries beside its number. */
  readonly text: string;
}
