import type { ActionContract, Contract, PartContract } from '../contract.js';
import { pythonCall, shellCall, typescriptCall } from './calls.js';
import { codeBlock } from './code-block.js';
import { fieldTable } from './field-table.js';
import { html, type Content, type Html } from './html.js';
import { literal } from './literal.js';
import { badges, errorsTitle, fileOf, page } from './page.js';

export function actionPage(contract: Contract, action: ActionContract): string {
  const { name, summary, description, request, response, errors } = action;
  const schemas = `../schemas/${fileOf(name)}`;
  const main = html`<p class="crumb"><a href="../index.html">All actions</a></p>
    <h1><code>${name}</code></h1>
    <p class="lead">${summary}</p>
    ${paragraphs(description)} ${badges(action)}
    <ul class="toc" aria-label="On this page">
      <li><a href="#request">Request</a></li>
      <li><a href="#reply">Reply</a></li>
      <li><a href="#errors">Errors</a></li>
      <li><a href="#call">Call it</a></li>
    </ul>
    ${facts(action)}
    <h2 id="request">Request</h2>
    ${part(request, 'request', `${schemas}/request.json`)}
    <h2 id="reply">Reply</h2>
    ${part(response, 'reply', `${schemas}/response.json`)}
    <h2 id="errors">Errors</h2>
    ${errors.map(
      (error) =>
        html`<h3 id="error-${error.name}"><code>${error.name}</code></h3>
          ${part(error, `data of error ${error.name}`, `${schemas}/errors/${error.name}.json`)} `,
    )}
    <p>
      ${errors.length === 0 ? 'It declares no errors of its own.' : ''} Any call may fail in other ways, too:
      <a href="../errors.html">${errorsTitle.toLowerCase()}</a>.
    </p>
    <h2 id="call">Call it</h2>
    <h3>TypeScript</h3>
    ${codeBlock(typescriptCall(action), 'typescript', `TypeScript: call ${name}`)}
    <h3>Python, with Pika</h3>
    ${codeBlock(pythonCall(action), 'python', `Python: call ${name}`)}
    <h3>Command line</h3>
    ${codeBlock(shellCall(action), 'shell', `Shell: call ${name}`)}`;
  return page({ contract, title: name, root: '../', current: name, main });
}

function part({ schema, example }: PartContract, what: string, file: string): Html {
  return html`${paragraphs(schema.description)} ${fieldTable(schema, `Fields of the ${what}`)}
    ${
      example === undefined
        ? html`<p class="none">The schema names no example, and none was found.</p>`
        : codeBlock(`${literal(example, 'json')}\n`, 'json', `Example: ${what}`)
    }
    <p class="soft"><a href="${file}">JSON Schema</a></p>`;
}

function paragraphs(text: string | undefined): Html[] {
  return (text ?? '')
    .split(/\n\s*\n/)
    .filter((one) => one.trim() !== '')
    .map((one) => html`<p>${one.trim()}</p> `);
}

const crashes = {
  retry: 'run again when its worker crashed in the middle',
  park: 'not run again when its worker crashed in the middle: the caller is told, the request set aside',
} as const;

function facts({ address, handling, persistent, package: from, request }: ActionContract): Html {
  const known: readonly (readonly [string, Content])[] = [
    [
      'Address',
      address === undefined ? 'named by the caller' : html`<code>${address}</code>, if the caller names none`,
    ],
    ...(handling
      ? ([
          ['Time limit', seconds(handling.timeoutMs)],
          ['Sent twice', handling.idempotent ? 'takes effect once: the request names its effect' : repeats],
          ['Locks', handling.locks ? 'waits for conflicting requests to end' : 'none'],
          ['Crash', crashes[handling.onCrash]],
        ] as const)
      : []),
    ...(persistent ? ([['Persistent', 'calls survive a crash of the broker']] as const) : []),
    ...(request.secrets.length > 0
      ? ([
          [
            'Secrets',
            html`${request.secrets.map((path, at) => [at > 0 && ', ', html`<code>${path}</code>`])}: encrypted by the
            caller`,
          ],
        ] as const)
      : []),
    ...(from ? ([['Package', `${from.name}${from.version === undefined ? '' : ` ${from.version}`}`]] as const) : []),
  ];
  return html`<dl class="facts">
    ${known.map(
      ([name, what]) =>
        html`<dt>${name}</dt>
          <dd>${what}</dd> `,
    )}
  </dl>`;
}

const repeats = 'runs twice, unless the caller gives both the same idempotency key';

function seconds(ms: number): string {
  if (ms % 60_000 !== 0) return `${ms / 1_000} s`;
  return ms === 60_000 ? '1 minute' : `${ms / 60_000} minutes`;
}
