import { createInterface } from 'node:readline';
import { openEffects } from './effects.js';

const path = process.argv[2];
if (path === undefined) throw new Error('expected a path, got none');
const effects = openEffects(path);
process.on('SIGTERM', () => {
  process.stderr.write('ending\n');
  process.exit(Number(process.env['EXIT_CODE'] ?? 0));
});
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [command, subject = ''] = line.split(' ');
  if (command === 'start') effects.start(subject, `run of ${subject}`);
  console.log(`started ${subject}`);
}
