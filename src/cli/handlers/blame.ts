import { fileURLToPath } from 'node:url';

const ownFolder = fileURLToPath(new URL('.', import.meta.url));

/** What a module threw, and where in it, on one line: whoever develops it sees no stack. */
export function blame(thrown: unknown, location: string): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const code = 'code' in thrown ? thrown.code : undefined;
  if (code === 'ERR_MODULE_NOT_FOUND') return `${thrown.message}; install what it imports beside it`;
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return `${thrown.message}; Node ${process.versions.node} loads JavaScript alone: build it first`;
  }
  const frame = frameOf(thrown.stack ?? '');
  if (frame !== undefined) return `${thrown.message} (${frame})`;
  // Of what it cannot parse, Node shows the place only to who starts it.
  return thrown instanceof SyntaxError ? `${thrown.message}; "node ${location}" shows where` : thrown.message;
}

/** The innermost frame in a file, if that is not where we called it. */
function frameOf(stack: string): string | undefined {
  const [, frame] = /^\s+at .*?(?<=[\s(])((?:file:\/\/)?\/[^()\s]+:\d+:\d+)/m.exec(stack) ?? [];
  return frame?.includes(ownFolder) ? undefined : frame;
}
