import { SqsError, type SendEntry } from './api.js';
import { setAsideEntry, smallestAsideEntry } from './copies.js';
import { setupError } from './errors.js';
import type { SqsParts } from './parts.js';

/** @returns what sends a copy to the dead letters of an address: once, since whoever holds the original decides. */
export function createSetAside({ settings, api, queues }: Pick<SqsParts, 'settings' | 'api' | 'queues'>) {
  async function urlOf(address: string): Promise<string> {
    const url = await queues.deadLetters(address);
    if (url !== undefined) return url;
    // Deleted since the start: both are ensured anew, or it is said what is missing.
    await queues.address(address);
    const made = await queues.deadLetters(address);
    if (made !== undefined) return made;
    throw setupError(`expected dead letters of ${JSON.stringify(address)}, got none (prefix ${settings.prefix})`);
  }

  async function send(url: string, entry: SendEntry): Promise<void> {
    const [outcome] = await api.sendBatch(url, [entry]);
    if (outcome?.ok === false) throw outcome.error;
  }

  const setAside: SqsParts['setAside'] = async (address, received, why) => {
    const url = await urlOf(address);
    try {
      await send(url, setAsideEntry(received, why));
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      if (error.kind === 'no_queue') queues.forget(url);
      if (error.kind !== 'refused') throw error;
      await send(url, smallestAsideEntry(received));
    }
  };
  return setAside;
}
