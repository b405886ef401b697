import { startServer } from 'samovar';
import { createSqsTransport } from 'samovar/sqs';
import { answerCpu } from './answer-cpu.js';
import { handleEcho } from './echo.js';

const [endpoint = ''] = process.argv.slice(2);
const transport = createSqsTransport({ endpoint, pollMs: 1_000 });
const server = await startServer({ transport, address: 'bench', handlers: [handleEcho], concurrency: 128 });
process.once('SIGTERM', () => {
  void server
    .stop()
    .then(() => transport.close())
    .then(() => process.exit());
});
answerCpu();
