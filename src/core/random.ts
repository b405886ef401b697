import { randomUUID } from 'node:crypto';

/** Where every random choice of Samovar comes from, so that tests can repeat them. */
export interface Random {
  /** A version 4 UUID. */
  uuid(): string;
  /** A number from 0 up to, not including, 1. */
  unit(): number;
}

export const systemRandom: Random = {
  uuid: () => randomUUID(),
  unit: () => Math.random(),
};
