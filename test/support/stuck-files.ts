import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

const lookEveryMs = 60_000;
/** No file of the gate takes a third of it; vitest itself bounds its tests and hooks, but not what a file does while it is loaded. */
const longestMs = (process.env['SAMOVAR_TEST_FULL'] === 'true' ? 60 : 6) * 60_000;

/** Names the test files that do not end, and ends the run for one that never would. */
export class StuckFiles implements Reporter {
  readonly #startedMs = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  onTestModuleQueued({ moduleId }: TestModule): void {
    this.#startedMs.set(moduleId, Date.now());
    this.#timer ??= setInterval(() => this.#look(), lookEveryMs).unref();
  }

  onTestModuleEnd({ moduleId }: TestModule): void {
    this.#startedMs.delete(moduleId);
  }

  onTestRunEnd(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const [file, startedMs] of this.#startedMs) {
      const tookMs = Date.now() - startedMs;
      if (tookMs < lookEveryMs) continue;
      console.log(`still running after ${Math.round(tookMs / 1_000)} s: ${relative(process.cwd(), file)}`);
      if (tookMs < longestMs) continue;
      console.log(`expected it to end within ${longestMs} ms; the run ends here`);
      process.exit(1);
    }
  }
}
