/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

export type Content = Html | string | number | undefined | false | readonly Content[];

/** HTML in which all that is put in, unless it is HTML itself, is text: `` html`<p>${summary}</p>` ``. */
export function html(literals: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return { html: literals.reduce((sum, literal, index) => `${sum}${rendered(contents[index - 1])}${literal}`) };
}

function rendered(content: Content): string {
  if (content === undefined || content === false) return '';
  if (typeof content === 'string' || typeof content === 'number') return escaped(String(content));
  return 'html' in content ? content.html : content.map(rendered).join('');
}

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities.get(character) ?? '');
}
