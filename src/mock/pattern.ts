import type { Dice } from './dice.js';

/** How often to repeat what may be repeated from `least` to `most` (perhaps Infinity) times. */
export type Times = (least: number, most: number) => number;

export type DrawText = (dice: Dice, times: Times) => string;

type Ranges = readonly (readonly [from: number, to: number])[];

const digits: Ranges = [[48, 57]];
const letters: Ranges = [
  [97, 122],
  [65, 90],
];
const printable: Ranges = [[32, 126]];
const classes: ReadonlyMap<string, Ranges> = new Map([
  ['d', digits],
  ['w', [...letters, ...digits, [95, 95]]],
  ['s', [[32, 32]]],
]);
const controls: ReadonlyMap<string, number> = new Map(
  ['t', 'n', 'v', 'f', 'r'].map((name, index) => [name, 9 + index]),
);

/**
 * A drawer of texts that a regular expression matches. What looks around (`^`, `$`, `\b`, `(?=…)`) draws nothing: check
 * what was drawn.
 * @throws SyntaxError for back references, `\p{…}` and what is no regular expression.
 */
export function parsePattern(source: string): DrawText {
  let at = 0;
  const take = (text: string): boolean => source.startsWith(text, at) && ((at += text.length), true);
  const unsupported = () => new SyntaxError(`cannot draw from the pattern ${source}`);
  function match(expression: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(expression.source, 'y');
    sticky.lastIndex = at;
    const found = sticky.exec(source) ?? undefined;
    if (found) at = sticky.lastIndex;
    return found;
  }
  function next(): string {
    const character = source.charAt(at++);
    if (character === '') throw unsupported();
    return character;
  }

  function alternatives(): DrawText {
    const branches = [sequence()];
    while (take('|')) branches.push(sequence());
    return (dice, times) => dice.pick(branches)(dice, times);
  }

  function sequence(): DrawText {
    const parts: DrawText[] = [];
    while (at < source.length && !'|)'.includes(source.charAt(at))) parts.push(repeated(atom()));
    return (dice, times) => parts.map((part) => part(dice, times)).join('');
  }

  function atom(): DrawText {
    if (take('(')) return group();
    if (match(/[$^]|\\[bB]/)) return () => '';
    if (take('.')) return anyOf([...letters, ...digits]);
    if (take('[')) return anyOf(set());
    return anyOf(take('\\') ? escape() : [only(next())]);
  }

  function group(): DrawText {
    const looksAround = match(/\?<?[=!]/) !== undefined;
    if (!looksAround) match(/\?:|\?<\w+>/);
    const inner = alternatives();
    if (!take(')')) throw unsupported();
    return looksAround ? () => '' : inner;
  }

  function repeated(draw: DrawText): DrawText {
    const counted = match(/\{(\d+)(,?)(\d*)\}/);
    const [, from = '0', comma, to] = counted ?? [];
    const sign = counted ? '' : (match(/[*+?]/)?.[0] ?? '');
    if (!counted && sign === '') return draw;
    match(/\?/);
    const least = counted ? Number(from) : sign === '+' ? 1 : 0;
    const open = to === '' ? Infinity : Number(to);
    const most = counted ? (comma === '' ? least : open) : sign === '?' ? 1 : Infinity;
    return (dice, times) => Array.from({ length: times(least, most) }, () => draw(dice, times)).join('');
  }

  function escape(): Ranges {
    const code = match(/x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}/);
    if (code) return [only(String.fromCodePoint(Number.parseInt(code.slice(1).join(''), 16)))];
    const name = next();
    const known = classes.get(name) ?? classes.get(name.toLowerCase());
    if (known) return classes.has(name) ? known : without(known);
    const control = controls.get(name);
    if (control !== undefined) return [[control, control]];
    if (/[a-zA-Z0-9]/.test(name)) throw unsupported();
    return [only(name)];
  }

  function set(): Ranges {
    const isNegated = take('^');
    const ranges: (readonly [number, number])[] = [];
    while (!take(']')) {
      const low = take('\\') ? escape() : [only(next())];
      const isRange = source.charAt(at) === '-' && source.charAt(at + 1) !== ']' && low.length === 1;
      if (!isRange) ranges.push(...low);
      else {
        at += 1;
        const high = take('\\') ? escape() : [only(next())];
        ranges.push([low[0]?.[0] ?? 0, high[0]?.[1] ?? 0]);
      }
    }
    return isNegated ? without(ranges) : ranges;
  }

  function anyOf(ranges: Ranges): DrawText {
    if (ranges.length === 0) throw unsupported();
    return (dice) => {
      const [from, to] = dice.pick(ranges);
      return String.fromCodePoint(dice.between(from, to));
    };
  }

  const draw = alternatives();
  if (at < source.length) throw unsupported();
  return draw;
}

function only(character: string): readonly [number, number] {
  const code = character.codePointAt(0) ?? 0;
  return [code, code];
}

/** What a negated class is drawn from: the printable characters of ASCII that are not in it. */
function without(excluded: Ranges): Ranges {
  return printable
    .flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index))
    .filter((code) => !excluded.some(([from, to]) => code >= from && code <= to))
    .map((code) => [code, code] as const);
}
