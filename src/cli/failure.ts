import { ConfigurationError } from '../config/configuration-error.js';
import { TransportError } from '../core/transport.js';
import { exitCodes } from './exit-codes.js';

/** How a command ends that threw `error`: its exit code, and one line for whoever started it. */
export function failureOf(error: unknown): { readonly exitCode: number; readonly line: string } {
  const message = error instanceof Error ? error.message : String(error);
  const line = `samovar: ${message.replaceAll(/\s+/g, ' ')}`;
  if (error instanceof ConfigurationError) return { exitCode: exitCodes.configuration, line };
  if (error instanceof TransportError) {
    return { exitCode: error.code === 'setup' ? exitCodes.configuration : exitCodes.unavailable, line };
  }
  // Nothing else is expected here: whoever reports it needs the stack.
  return { exitCode: exitCodes.bug, line: error instanceof Error && error.stack ? error.stack : line };
}
