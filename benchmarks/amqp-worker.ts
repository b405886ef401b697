import { startServer } from 'samovar';
import { createAmqpTransport } from 'samovar/amqp';
import { answerCpu } from './answer-cpu.js';
import { handleEcho } from './echo.js';

const [url = ''] = process.argv.slice(2);
const transport = createAmqpTransport({ url });
const server = await startServer({ transport, address: 'bench', handlers: [handleEcho], concurrency: 128 });
process.once('SIGTERM', () => {
  void server
    .stop()
    .then(() => transport.close())
    .then(() => process.exit());
});
answerCpu();
