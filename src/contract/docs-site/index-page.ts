import type { Contract } from '../contract.js';
import { html } from './html.js';
import { badges, errorsTitle, linkTo, page, search, searchTextOf } from './page.js';

export function indexPage(contract: Contract): string {
  const { title, version, actions } = contract;
  const main = html`<h1>${title}</h1>
    <p class="lead">${actions.length} ${actions.length === 1 ? 'action' : 'actions'} · version ${version}</p>
    <p>
      A request is a JSON object, a reply is <code>{"success", "message", "data"}</code>. On RabbitMQ a request goes to
      the exchange named like its action, with the node address as routing key; on SQS to the FIFO queue of the address.
      For programs: the <a href="asyncapi.yaml">AsyncAPI document</a> and the JSON Schemas beside each table. For what
      may go wrong: <a href="errors.html">${errorsTitle.toLowerCase()}</a>.
    </p>
    ${search('cards', 'search')}
    <ul class="cards" id="cards">
      ${actions.map(
        (action) =>
          html`<li data-text="${searchTextOf(action)}">
            <h3>
              <a href="${linkTo(action.name)}"><code>${action.name}</code></a>
            </h3>
            <p>${action.summary}</p>
            ${badges(action)}
          </li> `,
      )}
    </ul>`;
  return page({ contract, title, root: '', main });
}
