import { chromium, type Browser } from 'playwright-core';
import { installDebianPackages, isExecutable } from '../support/debian-packages.js';

const executablePath = '/usr/bin/chromium';

/**
 * Debian's Chromium, with an empty folder of its own, speaking to nobody by itself; installed where that is possible.
 * Undefined where it is not; with CI=true that is an error.
 */
export async function startChromium(): Promise<Browser | undefined> {
  if (!(await isExecutable(executablePath)) && !(await installDebianPackages(['chromium']))) {
    const missing = 'expected Chromium to look at pages with, got none: install chromium';
    if (process.env['CI'] === 'true') throw new Error(missing);
    process.stderr.write(`Skipped: ${missing}\n`);
    return undefined;
  }
  return chromium.launch({
    executablePath,
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}
