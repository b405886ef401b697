/** `npm run soak -- --minutes 60 --seed 1`: exits with 1 if a promise was broken. */
import { parseArgs } from 'node:util';
import { soak } from './soak.js';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' } },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error(`expected --minutes above 0 and a whole --seed, got ${values.minutes} and ${values.seed}`);
  process.exit(64);
}
console.log(`${minutes} min with seed ${seed}`);
const { violations, ...counts } = await soak({ seconds: minutes * 60, seed, say: (line) => console.log(line) });
console.table(counts);
for (const { invariant, what } of violations) console.log(`${invariant}: ${what}`);
// Whatever is left open is a mistake of the tests, not of the soak.
process.exit(violations.length > 0 ? 1 : 0);
