// The pages that are made of tables are those that are committed.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import * as alertRules from '../../../hack/docs/alert-rules-page.js';
import * as api from '../../../hack/docs/api-page.js';
import * as benchmarks from '../../../hack/docs/benchmarks-page.js';
import * as cli from '../../../hack/docs/cli-page.js';
import * as dashboard from '../../../hack/docs/dashboard-page.js';
import * as dashboardPicture from '../../../hack/docs/dashboard-picture-page.js';
import * as flags from '../../../hack/docs/flags-page.js';
import * as metrics from '../../../hack/docs/metrics-page.js';
import * as prometheusRule from '../../../hack/docs/prometheus-rule-page.js';
import * as reasons from '../../../hack/docs/reasons-page.js';
import * as validation from '../../../hack/docs/validation-page.js';

const root = new URL('../../../', import.meta.url);
const pages = [alertRules, api, benchmarks, cli, dashboard, dashboardPicture, flags, metrics, prometheusRule, reasons, validation];

test.each(pages.map(({ path, page }) => [path, page] as const))('%s: if not, run `make docs`', (path, page) => {
  expect(readFileSync(new URL(path, root), 'utf8')).toBe(page());
});

test('every page is looked at', () => {
  expect(readdirSync(new URL('hack/docs/', root)).filter((name) => name.endsWith('-page.ts'))).toHaveLength(pages.length);
});
