/** Control and direction characters: a terminal obeys them, whoever wrote them. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line of printable text of at most `longest` characters. */
export function shortText(text: string, longest: number): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll(unprintable, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** JSON for people to read and programs to parse: without a character that a terminal would obey. */
export function printableJson(value: unknown, indent?: number): string {
  // undefined is no JSON: an answer without data.
  const text = (JSON.stringify(value, null, indent) as string | undefined) ?? 'null';
  return text.replaceAll(unprintable, (character) => {
    if (character === '\n') return character;
    return Array.from({ length: character.length }, (_, index) => {
      return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
    }).join('');
  });
}
