import { html, type Html } from './html.js';

type Language = 'json' | 'python' | 'shell' | 'typescript';

const keywords =
  /^(?:as|async|await|break|catch|const|def|else|False|false|finally|for|from|if|import|in|is|None|not|null|raise|return|throw|True|true|try)$/;
const tokens =
  /(?<comment>(?:#|\/\/) .*$)|(?<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<number>\b\d[\d_]*(?:\.\d+)?\b)|(?<word>[A-Za-z_$][\w$]*)/gm;

/** Code that may be copied; a script adds the button for it. */
export function codeBlock(text: string, language: Language, label: string): Html {
  const code = language === 'shell' ? html`${text}` : coloured(text);
  return html`<div class="code">
    <p class="label" aria-hidden="true">${label}</p>
    <pre tabindex="0" role="region" aria-label="${label}"><code>${code}</code></pre>
  </div>`;
}

function coloured(text: string): Html[] {
  const parts: Html[] = [];
  let end = 0;
  for (const match of text.matchAll(tokens)) {
    const [token] = match;
    const kind = kindOf(match.groups ?? {});
    if (kind === undefined) continue;
    parts.push(html`${text.slice(end, match.index)}<span class="${kind}">${token}</span>`);
    end = match.index + token.length;
  }
  return [...parts, html`${text.slice(end)}`];
}

function kindOf(groups: Readonly<Record<string, string | undefined>>): string | undefined {
  const { comment, text, number, word } = groups as { comment?: string; text?: string; number?: string; word?: string };
  if (comment !== undefined) return 'comment';
  if (text !== undefined) return 'text';
  if (number !== undefined) return 'number';
  return word !== undefined && keywords.test(word) ? 'keyword' : undefined;
}
