import { createRequire } from 'node:module';

export function versionOfPackage(): string {
  const require = createRequire(import.meta.url);
  // By its own name: the way to package.json differs between the sources and what is installed.
  return (require('samovar/package.json') as { readonly version: string }).version;
}
