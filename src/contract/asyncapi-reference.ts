/** A JSON pointer to a place of the document, as a reference. */
export function reference(...keys: readonly string[]): string {
  return ['#', ...keys.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')))].join('/');
}
