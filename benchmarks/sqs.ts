import { runScript } from '../test/support/process.js';
import { withContenders } from './contender.js';
import { texts } from './echo.js';
import type { GroupContext, Table } from './group.js';
import { measureRounds } from './rounds.js';
import { measureFullQueue } from './sqs/full-queue.js';
import { tableOf, titleOf } from './summary.js';

const samovar = { name: 'Samovar', module: new URL('sqs/samovar.ts', import.meta.url), variant: 'defaults' };

/** Calls over SQS, and a full queue worked off beside others; on the emulator, in a process of its own. */
export async function measureSqs(context: GroupContext): Promise<readonly Table[]> {
  // The emulator takes any credentials, and the SDK none that are missing.
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
  const emulator = runScript(new URL('sqs/emulator.ts', import.meta.url));
  try {
    const endpoint = (await emulator.waitForLine('at ')).slice(3);
    const tables = [await measureFullQueue(endpoint, context)];
    await withContenders([samovar], { url: endpoint, text: texts.small }, async (opened) => {
      for (const callers of [1, 16]) {
        const measured = await measureRounds(opened, callers, { ...context, brokerPid: emulator.pid });
        tables.push(tableOf(titleOf('SQS', callers, 'small'), measured));
      }
    });
    return tables;
  } finally {
    emulator.kill('SIGTERM');
    await emulator.exited;
  }
}
