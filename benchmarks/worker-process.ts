import { runScript } from '../test/support/process.js';

/** A worker in a process of its own, which writes its processor time for each line it is sent. */
export interface WorkerProcess {
  cpuUs(): Promise<number>;
  stop(): Promise<void>;
}

export async function startWorkerProcess(file: string, url: string): Promise<WorkerProcess> {
  const script = runScript(new URL(file, import.meta.url), { args: [url] });
  await script.waitForLine('ready');
  let asked = 0;
  return {
    async cpuUs() {
      const question = `cpu ${++asked}:`;
      script.writeLine(question);
      return Number((await script.waitForLine(question)).slice(question.length));
    },
    async stop() {
      script.kill('SIGTERM');
      await script.exited;
    },
  };
}
