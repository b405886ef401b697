/** A fenced block of the README that can be run. */
export interface Snippet {
  readonly language: string;
  /** The words behind the language: `background` for what runs until all others are done, `check` for what is only type-checked. */
  readonly words: readonly string[];
  /** From a first line such as `// worker.ts`, so that other blocks can import it; else named after its line. */
  readonly file: string;
  readonly code: string;
  /** Where the block begins. */
  readonly line: number;
}

const fence = /^```(\w+)([^\n]*)\n([^]*?)^```$/gm;

export function snippetsOf(markdown: string): Snippet[] {
  return Array.from(markdown.matchAll(fence), (match) => {
    const [, language = '', words = '', code = ''] = match;
    const line = markdown.slice(0, match.index).split('\n').length;
    const named = /^(?:\/\/|#) ([\w./-]+\.\w+)\s*$/m.exec(code.split('\n', 1)[0] ?? '')?.[1];
    return {
      language,
      words: words.split(/\s+/).filter((word) => word !== ''),
      file: named ?? `line-${line}.${language}`,
      code,
      line,
    };
  });
}

const localBroker = /amqps?:\/\/(?:[\w-]+:[\w-]+@)?(?:localhost|127\.0\.0\.1)(?::\d+)?(?:\/[\w%-]*)?/g;

/** The block's code with the reader's local broker replaced by another. */
export function withBroker(code: string, url: string): string {
  return code.replace(localBroker, url);
}

/** The commands of a shell block: no comments, no prompts, no empty lines. */
export function commandsOf({ code }: Snippet): string[] {
  return code
    .replace(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/\s+#.*$/, '')
        .trim(),
    )
    .filter((line) => line !== '' && !line.startsWith('#'));
}
