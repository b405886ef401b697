import { startParty, type Party } from './party-process.js';

/** Something that is measured: a kind of a peer. */
export interface Contender {
  readonly name: string;
  /** Exports a Peer. */
  readonly module: URL;
  readonly variant: string;
  /** So many calls stay pending meanwhile. */
  readonly held?: number;
}

export interface Opened {
  readonly name: string;
  readonly worker: Party;
  readonly caller: Party;
}

/** Starts the processes of all, of which the first is the baseline, and ends them after `use`. */
export async function withContenders<T>(
  contenders: readonly Contender[],
  { url, text }: { readonly url: string; readonly text: string },
  use: (opened: readonly Opened[]) => Promise<T>,
): Promise<T> {
  const parties: Party[] = [];
  const start = async (...of: Parameters<typeof startParty>): Promise<Party> => {
    const party = await startParty(...of);
    parties.push(party);
    return party;
  };
  try {
    const opened: Opened[] = [];
    for (const { name, module, variant, held = 0 } of contenders) {
      const worker = await start(module, 'serve', { url, variant, text });
      const caller = await start(module, 'connect', { url, variant, text });
      if (held > 0) await caller.ask({ command: 'hold', count: held });
      opened.push({ name, worker, caller });
    }
    return await use(opened);
  } finally {
    await Promise.all(parties.map((party) => party.stop()));
  }
}
