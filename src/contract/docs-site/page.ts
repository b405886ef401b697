import { createHash } from 'node:crypto';
import type { ActionContract, Contract } from '../contract.js';
import { fieldsOf } from '../fields.js';
import { html, type Html } from './html.js';
import { script } from './script.js';
import { style } from './style.js';

/** Nothing is loaded, and nothing runs but what is written in the page. */
export const contentPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${hashOf(style)}'`,
  `script-src 'sha256-${hashOf(script)}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

// Put in whole: the policy names their hashes, to the byte.
const styleElement: Html = { html: `<style>${style}</style>` };
const scriptElement: Html = { html: `<script>${script}</script>` };

export interface PageParts {
  readonly contract: Contract;
  readonly title: string;
  /** The way from this page to the index: '' or '../'. */
  readonly root: '' | '../';
  /** The action that the page is about. */
  readonly current?: string;
  readonly main: Html;
}

export function page({ contract, title, root, current, main }: PageParts): string {
  const { title: whole, version, actions } = contract;
  const isIndex = root === '' && current === undefined;
  const listed = listedBeside(actions, current);
  const isAll = listed.length === actions.length;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${contentPolicy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <link rel="icon" href="data:," />
        <title>${title === whole ? whole : `${title} · ${whole}`}</title>
        ${styleElement}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <div class="layout">
          <header class="side">
            <a class="title" href="${root}index.html">${whole}</a>
            <span class="version">${version}</span>
            ${!isIndex && isAll && search('nav-list', 'side-search')}
            <nav aria-label="Actions">
              <h2>Actions</h2>
              <ul id="nav-list">
                ${!isAll && html`<li><a href="${root}index.html">All ${actions.length} actions</a></li>`}
                ${listed.map(
                  ({ name, summary }) =>
                    html`<li data-text="${`${name} ${summary}`.toLowerCase()}">
                      <a href="${root}${linkTo(name)}" ${name === current && html` aria-current="page"`}>${name}</a>
                    </li> `,
                )}
              </ul>
              <h2>More</h2>
              <ul>
                <li>
                  <a href="${root}errors.html" ${title === errorsTitle && html` aria-current="page"`}>${errorsTitle}</a>
                </li>
                <li><a href="${root}asyncapi.yaml">AsyncAPI document</a></li>
              </ul>
            </nav>
          </header>
          <main id="main">${main}</main>
        </div>
        ${scriptElement}
      </body>
    </html> `.html;
}

export const errorsTitle = 'Errors of every call';

/** A list of all on each page would make a site of thousands of pages out of hundreds. */
const mostListed = 100;
const mostAround = 20;

/** Of many actions those around the one that the page is about. */
function listedBeside(actions: readonly ActionContract[], current: string | undefined): readonly ActionContract[] {
  if (actions.length <= mostListed) return actions;
  const at = actions.findIndex(({ name }) => name === current);
  return at < 0 ? [] : actions.slice(Math.max(0, at - mostAround), at + mostAround + 1);
}

/** A search box for a list; the script shows it. */
export function search(list: string, id: string): Html {
  return html`<div class="search" data-filters="#${list}" hidden>
    <label class="unseen" for="${id}">Search actions</label>
    <input id="${id}" type="search" placeholder="Search actions  ( / )" autocomplete="off" spellcheck="false" />
    <p class="soft" role="status"></p>
  </div>`;
}

/** A colon would make the name of a scheme of what is before it, and Windows has no such files. */
export function fileOf(action: string): string {
  return action.replaceAll(':', '~');
}

export function linkTo(action: string): string {
  return `actions/${fileOf(action)}.html`;
}

/** All words by which somebody may look for an action. */
export function searchTextOf({ name, summary, description = '', request, response, errors }: ActionContract): string {
  const paths = [request, response, ...errors].flatMap(({ schema }) => fieldsOf(schema).map(({ path }) => path));
  const words = [name, summary, description, ...errors.map((error) => error.name), ...new Set(paths)];
  return words.join(' ').toLowerCase();
}

export function badges({ handling, request, response, errors, persistent }: ActionContract): Html | false {
  const hasSecrets = [request, response, ...errors].some(({ secrets }) => secrets.length > 0);
  const shown = [
    handling?.idempotent && html`<li class="badge good">idempotent</li>`,
    handling?.locks && html`<li class="badge">locks</li>`,
    hasSecrets && html`<li class="badge warn">secrets</li>`,
    persistent && html`<li class="badge">persistent</li>`,
    errors.length > 0 && html`<li class="badge">${errors.length} ${errors.length === 1 ? 'error' : 'errors'}</li>`,
  ].filter(Boolean);
  return (
    shown.length > 0 &&
    html`<ul class="badges">
      ${shown}
    </ul>`
  );
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
