import { escaped } from '../chart/svg-text.ts';
import type { Table } from '../report/table.ts';
import { chartsOf } from './charts.ts';
import { type LoadResults, OURS, type ScenarioResult } from './results.ts';
import { headOf, remarksOf, tableOf } from './tables.ts';

const TITLE = 'Tellwhen under load, beside other brokers';
const STYLE = [
  ':root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:2rem auto;padding:0 1rem}',
  'img{max-width:100%;display:block;margin:1rem 0}.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px}',
  'th,td{padding:.3em .7em;text-align:right;border-bottom:1px solid #8886;white-space:nowrap}',
  'th:first-child,td:first-child{text-align:left}tr.ours td{font-weight:600}.small{font-size:13px;opacity:.8}',
].join('');

/** The whole report as one HTML document, which needs nothing beside it: pictures and figures are within. */
export function toHtml(results: LoadResults): string {
  return `${[
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${TITLE}</title>`,
    `<style>${STYLE}</style></head><body>`,
    `<h1>${TITLE}</h1>`,
    `<p>${escaped(headOf(results))}</p>`,
    '<p>Medians of the rounds. Only ratios within one run mean much. Every event carries its number and a sum, and every subscription is checked: what it should have got and did not is <em>lost</em>; what came twice, out of order, changed or to the wrong one is <em>wrong</em>. Processor time is in percent of one core. Where publisher or subscribers are what held a load back, the figure is theirs.</p>',
    ...results.leftOut.map(({ name, why }) => `<p class="small">Left out: ${escaped(name)}: ${escaped(why)}.</p>`),
    ...results.scenarios.map((scenario) => sectionOf(scenario, results.machine.cores)),
    `<script type="application/json" id="results">${JSON.stringify(results).replaceAll('<', '\\u003c')}</script>`,
    '</body></html>',
  ].join('\n')}\n`;
}

function sectionOf(scenario: ScenarioResult, cores: number): string {
  return [
    `<h2>${escaped(scenario.title)}</h2>`,
    `<p>${escaped(scenario.what)}</p>`,
    // As pictures each keeps its style to itself.
    ...chartsOf(scenario).map(
      (svg) =>
        `<img alt="${escaped(scenario.title)}" src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}">`,
    ),
    tableHtml(tableOf(scenario, cores), scenario),
    `<p class="small">${remarksOf(scenario).map(escaped).join('<br>')}</p>`,
  ].join('\n');
}

function tableHtml({ corner, columns, lines }: Table, { brokers }: ScenarioResult): string {
  const head = [corner, ...columns].map((title) => `<th>${escaped(title)}</th>`).join('');
  const rows = lines.map(({ label, cells }, i) => {
    const line = [label, ...cells].map((cell) => `<td>${escaped(cell)}</td>`).join('');
    return `<tr${brokers[i]?.key === OURS ? ' class="ours"' : ''}>${line}</tr>`;
  });
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}
