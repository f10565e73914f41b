import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { exitCodes } from './outcome.ts';
import { exportReview, listReviews, showReview } from './reviews.ts';
import type { World } from './world.ts';

const id = '0190a0a0-0000-7000-8000-000000000000';
let folder: string;
let said: { out: string[]; bytes: string[]; err: string[] };
let asked: unknown[];
const output = {
  out: (text: string) => void said.out.push(text),
  bytes: (text: string) => void said.bytes.push(text),
  err: (text: string) => void said.err.push(text),
};
const content = new TextEncoder().encode('{"a":1}\n');
const draft = {
  ...{ status: 'draft', revision: 1, missing: ['“Summary” is not written.'], signings: [] },
  facts: { incident: { id: 'i1', title: 'Orders stand still.', class: 'P3' } },
  actions: [{ title: 'alert on it', dueOn: '2026-01-01', daysLate: 3, mark: null }],
};
const world = {
  actor: { id: 'grace', rights: ['evidence'] },
  reviews: {
    list: async (...given: unknown[]) => {
      asked.push(given);
      return { rows: [], next: 'older' };
    },
    get: async (of: string) => (of === id ? draft : null),
    export: async (request: unknown) => {
      asked.push(request);
      return { name: 'review.json', mediaType: 'application/json', content };
    },
  },
} as unknown as World;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reviews-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  said = { out: [], bytes: [], err: [] };
  asked = [];
});

it('list asks for what its flags say, and says that there are older ones', async () => {
  expect(await listReviews(output, world, { status: 'unsigned', contract: 'stock', limit: '7' })).toBe(
    exitCodes.good,
  );
  expect(asked).toEqual([[{ status: 'unsigned', contractId: 'stock' }, { limit: 7 }]]);
  expect(said.err).toEqual([expect.stringMatching(/older ones/)]);
  await expect(listReviews(output, world, { status: 'late' })).rejects.toMatchObject({
    code: 'input-invalid',
    where: '--status',
  });
});

it('show says what keeps it from being signed, and which action is late', async () => {
  expect(await showReview(output, world, id, {})).toBe(exitCodes.notGood);
  expect(said.err).toEqual(['“Summary” is not written.']);
  expect(said.out.join('\n')).toMatch(/Orders stand still[\s\S]*alert on it, due 2026-01-01 \(late\)/);
});

it.each(['nope', '0190a0a0-0000-7000-8000-000000000001'])('show says that there is none: %s', async (of) => {
  await expect(showReview(output, world, of, {})).rejects.toMatchObject({
    code: 'review-not-found',
    message: expect.stringMatching(/There is no review .*reprise reviews list names them/),
  });
});

it('export writes the bytes as they are, to stdout or to a file that was not there', async () => {
  expect(await exportReview(output, world, id, { as: 'json', revision: '2' })).toBe(exitCodes.good);
  expect(said.bytes).toEqual(['{"a":1}\n']);
  expect(asked).toEqual([{ reviewId: id, revision: 2, as: 'json' }]);
  const out = join(folder, 'review.zip');
  expect(await exportReview(output, world, id, { as: 'zip', out })).toBe(exitCodes.good);
  expect(new Uint8Array(await readFile(out))).toEqual(content);
  await expect(exportReview(output, world, id, { as: 'zip', out })).rejects.toMatchObject({
    code: 'input-invalid',
    where: '--out',
    message: expect.stringMatching(/could not be written: EEXIST/),
  });
});

it.each([
  [{ as: 'doc' }, '--as'],
  [{ as: 'pdf' }, '--out'],
  [{ as: 'md', revision: '0' }, '--revision'],
])('export refuses %j, and exports nothing', async (flags, where) => {
  await expect(exportReview(output, world, id, flags)).rejects.toMatchObject({
    code: 'input-invalid',
    where,
  });
  expect(asked).toEqual([]);
});
