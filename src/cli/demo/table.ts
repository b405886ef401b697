import type { Issue, RpcError } from '../../core/errors.js';
import type { Colour, Paint } from '../terminal.js';
import type { Ending } from './ending.js';
import type { Script } from './script.js';

const longestAnswer = 60;
/** The longest outcome there is to show: `deadline_exceeded, not_executed`. */
const outcomeWidth = 31;

/** One line per call, in columns: mark, action, node, outcome, time, answer. */
export function createTable(script: Script, paint: Paint): { line(ending: Ending, difference?: string): string } {
  const calls = script.steps.flatMap((step) => step.calls);
  const actionWidth = Math.max(...calls.map(({ action }) => action.length));
  const nodeWidth = Math.max(...calls.map(({ to }) => to.length));

  return {
    line(ending, difference) {
      const { call, tookMs } = ending;
      const { colour, outcome, text } = shown(ending);
      const columns = [
        difference === undefined ? paint('green', '✓') : paint('red', '✗'),
        call.action.padEnd(actionWidth),
        call.to.padEnd(nodeWidth),
        paint(colour, outcome.padEnd(outcomeWidth)),
        `${Math.round(tookMs)} ms`.padStart(7),
        paint('dim', shortened(text)),
      ];
      const line = columns.join('  ');
      return difference === undefined ? line : `${line}\n    ${paint('red', difference)}`;
    },
  };
}

function shown({ result }: Ending): { readonly colour: Colour; readonly outcome: string; readonly text: string } {
  if ('answer' in result) return { colour: 'green', outcome: 'ok', text: JSON.stringify(result.answer) };
  const { code, outcome } = result.error;
  return { colour: 'yellow', outcome: `${code}, ${outcome}`, text: reasonIn(result.error) };
}

function reasonIn({ declared, details, message }: RpcError): string {
  if (declared) return `${declared.name} ${JSON.stringify(declared.data)}`;
  const issues = details?.['errors'] as readonly Issue[] | undefined;
  return issues?.map((issue) => `${issue.location.join('.')}: ${issue.message}`).join('; ') ?? message;
}

/** One line of printable text, whatever a worker answered. */
function shortened(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
  return line.length > longestAnswer ? `${line.slice(0, longestAnswer - 1)}…` : line;
}
