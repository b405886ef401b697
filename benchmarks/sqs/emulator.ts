import { createSqsEmulator } from 'samovar/testing';

/** SQS in a process of its own: what it costs is not on the account of who consumes. */
const { endpoint } = await createSqsEmulator({ region: 'us-east-1' }).listen();
process.once('SIGTERM', () => process.exit());
process.stdout.write(`at ${endpoint}\n`);
