// Ends what its parent started, once the parent is gone, however it went: standard input closes then.
// One JSON array a line: ["watch" | "forget", pid or folder].
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const pids = new Set();
const folders = new Set();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const [what, subject] = JSON.parse(line);
  const known = typeof subject === 'number' ? pids : folders;
  if (what === 'watch') known.add(subject);
  else known.delete(subject);
}
for (const pid of pids) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It had ended by itself.
  }
}
for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
