import { ConfigurationError } from '../config/configuration-error.js';
import { TransportError } from '../core/transport.js';
import { exitCodes } from './exit-codes.js';

/** The command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A handler module cannot be set up now; another try may succeed, such as once its database is back. */
export class SetUpError extends ConfigurationError {
  override readonly name = 'SetUpError';
}

/** How a command ends that threw `error`: its exit code, and what whoever started it reads: a line for each problem. */
export function failureOf(error: unknown): { readonly exitCode: number; readonly line: string } {
  const message = error instanceof Error ? error.message : String(error);
  const line = lineOf(message);
  if (error instanceof UsageError) return { exitCode: exitCodes.usage, line };
  if (error instanceof ConfigurationError) {
    const exitCode = error instanceof SetUpError ? exitCodes.failed : exitCodes.configuration;
    return { exitCode, line: error.problems.map(lineOf).join('\n') };
  }
  if (error instanceof TransportError) {
    return { exitCode: error.code === 'setup' ? exitCodes.configuration : exitCodes.unavailable, line };
  }
  // Nothing else is expected here: whoever reports it needs the stack.
  return { exitCode: exitCodes.bug, line: error instanceof Error && error.stack ? error.stack : line };
}

function lineOf(message: string): string {
  return `samovar: ${message.replaceAll(/\s+/g, ' ')}`;
}
