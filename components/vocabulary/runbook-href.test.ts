import { describe, expect, it } from 'vitest';
import { runbookHref } from './runbook-href.ts';

describe('a link in a runbook', () => {
  it.each([
    ['connector-failed.md', '/runbooks/connector-failed'],
    ['./connector-failed.md', '/runbooks/connector-failed'],
    ['connector-failed.md#mitigation', '/runbooks/connector-failed#mitigation'],
    ['https://example.test/a.md', 'https://example.test/a.md'],
    ['../secret.md', null],
    ['javascript:alert(1)', null],
    ['', null],
  ])('to %j leads to %j', (href, page) => expect(runbookHref(href)).toBe(page));
});
