import { randomBytes } from 'node:crypto';
import { newUuid } from './uuid.js';

/** Where every random choice of Samovar comes from, so that tests can repeat them. */
export interface Random {
  /** A version 4 UUID. */
  uuid(): string;
  /** A number from 0 up to, not including, 1. */
  unit(): number;
}

export const systemRandom: Random = {
  uuid: newUuid,
  unit: () => Math.random(),
};

/** Unpredictable bytes: for keys and initialization vectors, which no seed may ever give. */
export type SecureBytes = (size: number) => Uint8Array;

export const systemSecureBytes: SecureBytes = (size) => randomBytes(size);
