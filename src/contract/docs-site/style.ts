/** The look of all pages; nothing of it is loaded from elsewhere. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #fbfaf8; --panel: #ffffff; --sunken: #f4f1ec; --line: #e3ddd3; --text: #211d18; --soft: #655d52;
  --accent: #9a3f10; --accent-soft: #f8ebe2; --good: #22683c; --good-soft: #e6f3ea; --warn: #8a4b00;
  --warn-soft: #fbf0dc; --string: #22683c; --number: #9a3f10; --keyword: #5b3fa0;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  --mono: ui-monospace, SFMono-Regular, "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #161412; --panel: #1e1b18; --sunken: #23201c; --line: #38332d; --text: #ece6dd; --soft: #a99f92;
    --accent: #f0a070; --accent-soft: #3a2619; --good: #8fd0a3; --good-soft: #1d3325; --warn: #efc078;
    --warn-soft: #38290f; --string: #9fd3a9; --number: #f0a070; --keyword: #c3b1f5;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.6 var(--sans); }
a { color: var(--accent); text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
code, pre, kbd { font-family: var(--mono); font-size: 0.875em; }
[hidden] { display: none !important; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--panel); padding: 0.5rem 1rem; z-index: 1; }
.layout { display: grid; grid-template-columns: 17rem minmax(0, 1fr); max-width: 84rem; margin: 0 auto; }
.side { position: sticky; top: 0; align-self: start; height: 100vh; overflow-y: auto; padding: 1.75rem 1rem 2rem 1.5rem;
  border-right: 1px solid var(--line); font-size: 0.9375rem; }
.side .title { display: block; font-weight: 650; color: inherit; text-decoration: none; line-height: 1.3; }
.side .version, .soft { color: var(--soft); font-size: 0.875rem; }
.side h2 { margin: 1.5rem 0 0.25rem; font-size: 0.75rem; letter-spacing: 0.06em; text-transform: uppercase; color: var(--soft); border: 0; padding: 0; }
.side ul { list-style: none; margin: 0; padding: 0; }
.side li a { display: block; padding: 0.2rem 0.6rem; margin-left: -0.6rem; border-radius: 6px; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
.side li a:hover { background: var(--sunken); }
.side li a[aria-current] { background: var(--accent-soft); color: var(--accent); font-weight: 600; }
main { padding: 2.25rem clamp(1.25rem, 4vw, 3.5rem) 5rem; min-width: 0; max-width: 62rem; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1 { margin: 0.25rem 0 0.5rem; font-size: clamp(1.6rem, 5vw, 2.1rem); letter-spacing: -0.015em; overflow-wrap: anywhere; }
h1 code { font-size: 0.92em; letter-spacing: -0.02em; }
h2 { margin: 3rem 0 1rem; font-size: 1.35rem; padding-bottom: 0.4rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2rem 0 0.5rem; font-size: 1.0625rem; overflow-wrap: anywhere; }
p { margin: 0.75rem 0; max-width: 44rem; overflow-wrap: break-word; }
.lead { font-size: 1.125rem; color: var(--soft); margin-top: 0; }
.crumb { margin: 0; font-size: 0.9375rem; }
.badges { display: flex; flex-wrap: wrap; gap: 0.4rem; margin: 1rem 0 0; padding: 0; list-style: none; }
.badge { padding: 0.1rem 0.6rem; border-radius: 999px; font-size: 0.8125rem; background: var(--sunken); color: var(--soft); white-space: nowrap; }
.badge.good { background: var(--good-soft); color: var(--good); }
.badge.warn { background: var(--warn-soft); color: var(--warn); }
.toc { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 1.5rem 0 0; padding: 0; list-style: none; font-size: 0.9375rem; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.4rem 1.25rem; margin: 1.5rem 0 0; padding: 1rem 1.25rem; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; font-size: 0.9375rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; font-size: 0.9375rem; }
thead th { text-align: left; font-size: 0.75rem; letter-spacing: 0.05em; text-transform: uppercase; color: var(--soft); font-weight: 600; padding: 0 0.75rem 0.5rem 0; }
tbody th, td { text-align: left; vertical-align: top; font-weight: 400; padding: 0.65rem 0.75rem 0.65rem 0; border-top: 1px solid var(--line); }
tbody th { min-width: 9rem; }
tbody th code { font-weight: 600; overflow-wrap: anywhere; }
td:nth-child(2), td[data-label=Default] { min-width: 6.5rem; }
td code { background: var(--sunken); padding: 0.05em 0.35em; border-radius: 4px; overflow-wrap: anywhere; }
td .pattern { word-break: break-all; }
.type { color: var(--keyword); font-family: var(--mono); font-size: 0.8125rem; }
.required { color: var(--warn); font-weight: 600; }
.variant { display: inline-block; color: var(--soft); font-style: italic; }
.code { position: relative; margin: 1rem 0; border: 1px solid var(--line); border-radius: 10px; background: var(--panel); overflow: hidden; }
.code .label { margin: 0; padding: 0.4rem 1rem; max-width: none; font-size: 0.8125rem; color: var(--soft); background: var(--sunken); border-bottom: 1px solid var(--line); }
.code pre { margin: 0; padding: 0.9rem 1rem; overflow-x: auto; line-height: 1.55; tab-size: 2; }
.code pre:focus-visible { outline-offset: -3px; }
.code button { position: absolute; top: 0.3rem; right: 0.4rem; font: 0.75rem var(--sans); padding: 0.2rem 0.6rem; border: 1px solid var(--line); border-radius: 6px; background: var(--panel); color: var(--text); cursor: pointer; }
.code button:hover { border-color: var(--accent); color: var(--accent); }
.comment { color: var(--soft); } .text { color: var(--string); } .number { color: var(--number); } .keyword { color: var(--keyword); }
.search { margin: 1.25rem 0; }
.search input { width: 100%; font: inherit; padding: 0.5rem 0.8rem; border: 1px solid var(--line); border-radius: 8px; background: var(--panel); color: inherit; }
.search p { margin: 0.4rem 0 0; min-height: 1.4em; }
.cards { list-style: none; margin: 1.5rem 0 0; padding: 0; display: grid; gap: 0.75rem; }
.cards > li { padding: 1rem 1.25rem; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
.cards h3 { margin: 0; } .cards p { margin: 0.25rem 0 0; color: var(--soft); } .cards .badges { margin-top: 0.6rem; }
.none { color: var(--soft); }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 0.875rem; color: var(--soft); }
@media (max-width: 60rem) {
  .layout { display: block; }
  .side { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); padding: 1rem 1.25rem; }
  .side nav, .side .search { display: none; }
}
@media (max-width: 46rem) {
  main { padding-top: 1.5rem; }
  table, tbody, tr, tbody th, td { display: block; width: auto; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { padding: 0.75rem 0; border-top: 1px solid var(--line); }
  tbody th, td, td:nth-child(2), td[data-label] { padding: 0.1rem 0; border: 0; min-width: 0; }
  tbody tr:first-child { border-top: 0; padding-top: 0; }
  td.empty { display: none; }
  td[data-label] { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); column-gap: 0.5rem; }
  td[data-label]::before { content: attr(data-label); color: var(--soft); font-size: 0.8125rem; line-height: 1.8; }
}
@media print { .side, .code button, .search { display: none; } .layout { display: block; } }
`;
