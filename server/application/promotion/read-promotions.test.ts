import { describe, expect, it } from 'vitest';
import type { PromotionStore } from '../ports/promotions.ts';
import type { PromotionReadDeps } from './deps.ts';
import { createPromotionQueries } from './read-promotions.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Nothing of a database: these are refused before one is asked. */
const queries = createPromotionQueries({
  unitOfWork: { run: () => Promise.reject(new Error('the database was asked')) },
  promotions: {} as PromotionStore,
} as unknown as PromotionReadDeps);

describe('a place in a list of promotions', () => {
  it.each([
    ['no JSON', 'x'],
    ['no list', encode({})],
    ['no instant', encode(['yesterday', '00000000-0000-4000-8000-000000000000'])],
    ['no id', encode(['2026-11-26T00:00:00.000Z', 'x'])],
  ])('that holds %s is refused', async (_, cursor) => {
    await expect(queries.promotions({}, { cursor, limit: 1 })).rejects.toMatchObject({
      code: 'input-invalid',
    });
  });

  it.each([
    ['no figure', encode(['x', 'K1'])],
    ['a NUL', encode([1, 'K\0'])],
  ])('that holds %s is refused among changes', async (_, cursor) => {
    await expect(
      queries.promotionChanges('p', { cursor, limit: 1 }, { id: 'ada', rights: [] }),
    ).rejects.toMatchObject({
      code: 'input-invalid',
    });
  });
});
