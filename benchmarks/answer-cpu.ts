import { createInterface } from 'node:readline';

/** In a worker's process: says that it is ready, and then answers each question for its processor time. */
export function answerCpu(): void {
  createInterface({ input: process.stdin }).on('line', (question) => {
    const { user, system } = process.cpuUsage();
    process.stdout.write(`${question}${user + system}\n`);
  });
  process.stdout.write('ready\n');
}
