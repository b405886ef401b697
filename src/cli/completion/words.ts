import type { Argument, Command, Option } from 'commander';

/** One word that may come next, and what it is. */
export interface Candidate {
  readonly value: string;
  readonly note?: string | undefined;
}

/** The words that may stand where somebody asks, and whether the name of a file may, too. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly files: boolean;
}

/** What is known only here and now: actions, addresses, virtual hosts. */
export type LookUp = (what: Value, given: ReadonlyMap<string, readonly string[]>) => Promise<readonly Candidate[]>;
export type Value = 'action' | 'address' | 'virtual host';

/** What options and arguments stand for, by their names. */
const looksUp: ReadonlyMap<string, Value> = new Map([
  ['action', 'action'],
  ['to', 'address'],
  ['address', 'address'],
  ['vhost', 'virtual host'],
]);

/**
 * Completes the last one of `words`, which may be empty. What there is comes from the program itself: a command or an
 * option that is added is completed.
 */
export async function complete(program: Command, words: readonly string[], lookUp: LookUp): Promise<Completion> {
  const typed = walk(program, words.slice(0, -1));
  const { command, given, operands, pending, isOver } = typed;
  const last = words.at(-1) ?? '';
  // bash makes a word of its own of the equals sign.
  const current = pending && last === '=' ? '' : last;
  if (pending) return startingWith(current, await valuesOf(pending, given, lookUp));
  if (current.startsWith('-') && !isOver)
    return startingWith(current, { candidates: optionsOf(command), files: false });
  const commands = command.commands.filter((each) => !isHidden(each));
  if (operands.length === 0 && commands.length > 0) {
    const candidates = commands.map((each) => ({ value: each.name(), note: each.description() }));
    return startingWith(current, { candidates, files: false });
  }
  const argument = argumentAt(command, operands.length);
  return argument ? startingWith(current, await valuesOf(argument, given, lookUp)) : { candidates: [], files: false };
}

interface Typed {
  readonly command: Command;
  /** The values of options so far, by the names that commander gives them. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
  /** The option whose value is missing. */
  readonly pending: Option | undefined;
  /** After `--`: no options any more. */
  readonly isOver: boolean;
}

function walk(program: Command, words: readonly string[]): Typed {
  let command = program;
  let pending: Option | undefined;
  let isOver = false;
  const given = new Map<string, string[]>();
  const operands: string[] = [];

  function give(option: Option, value: string): void {
    const name = option.attributeName();
    given.set(name, [...(given.get(name) ?? []), value]);
  }

  for (const word of words) {
    const [, name = '', value] = /^(-[^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const option = isOver
      ? undefined
      : command.options.find(({ long, short }) => name !== '' && [long, short].includes(name));
    if (pending) {
      if (word === '=') continue;
      give(pending, word);
      pending = undefined;
    } else if (option) {
      if (value !== undefined) give(option, value);
      else if (option.required || option.optional) pending = option;
    } else if (word === '--') isOver = true;
    else if (name === '') {
      const next = operands.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (next) command = next;
      else operands.push(word);
    }
  }
  return { command, given, operands, pending, isOver };
}

async function valuesOf(
  of: Option | Argument,
  given: ReadonlyMap<string, readonly string[]>,
  lookUp: LookUp,
): Promise<Completion> {
  if (of.argChoices) return { candidates: of.argChoices.map((value) => ({ value })), files: false };
  const what = looksUp.get('attributeName' in of ? of.attributeName() : of.name());
  const candidates = what === undefined ? [] : await lookUp(what, given);
  return { candidates, files: 'flags' in of && /[<[](file|module|folder)/.test(of.flags) };
}

function optionsOf(command: Command): Candidate[] {
  const help = { value: '--help', note: 'print this help' };
  return command.options
    .filter((option) => !option.hidden)
    .flatMap(({ long, short, description }) =>
      [long, short].flatMap((name) => (name?.startsWith('--') ? [{ value: name, note: description }] : [])),
    )
    .concat(help);
}

/** The last argument may take all that follow. */
function argumentAt({ registeredArguments }: Command, index: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[index] ?? (last?.variadic ? last : undefined);
}

function isHidden(command: Command): boolean {
  return (command as Command & { readonly _hidden?: boolean })._hidden === true;
}

function startingWith(prefix: string, { candidates, files }: Completion): Completion {
  return { candidates: candidates.filter(({ value }) => value.startsWith(prefix)), files };
}
