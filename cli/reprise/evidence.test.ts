import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DashboardQueries } from '../../server/application/ports/dashboard.ts';
import { showEvidence } from './evidence.ts';
import { terminal } from './print.ts';
import type { CommandContext, World } from './world.ts';

const statementText = '{"predicate":{"status":"finished"}}';
const evidenceId = '0190a0a0-0000-7000-8000-000000000000';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let printed = '';
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    printed += String(chunk);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const quiet: CommandContext = {
  output: { ...terminal, err: () => undefined },
  wait: async () => undefined,
} as unknown as CommandContext;
const record = {
  statementText,
  statement: JSON.parse(statementText),
  digest: sha256(statementText),
  erasures: [],
};
const world = {
  actor: { id: 'operator', rights: ['evidence'] },
  queries: {
    evidenceRecord: async () => record,
    evidenceAttachment: async () => ({
      text: statementText,
      check: { outcome: 'passed', sentence: 'It is what was recorded.' },
    }),
  } as unknown as DashboardQueries,
} as unknown as World;

it.each([
  ['evidence show --json', () => showEvidence(quiet, world, evidenceId, { json: true })],
  ['evidence show --attachment', () => showEvidence(quiet, world, evidenceId, { attachment: 'remarks' })],
])('what %s prints has the digest that the record has', async (_, command) => {
  await command();
  expect(sha256(printed)).toBe(record.digest);
});
