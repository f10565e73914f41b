import { expect, test } from 'vitest';
import { parseHealth } from './health.ts';

test('what is down is named with its detail', () => {
  const body = JSON.stringify({
    status: 'degraded',
    dependencies: [
      { name: 'database', status: 'up', detail: 'PostgreSQL 18' },
      { name: 'workers', status: 'down', detail: 'none has reported' },
      { name: 'schema registry', status: 'not-configured', detail: '' },
    ],
  });
  expect(parseHealth(body)).toEqual({ kind: 'degraded', troubles: ['workers: none has reported'] });
});

test.each(['', '<html>', 'null', '[]', '{}', '{"status":"sideways"}'])('%j is no health', (body) => {
  expect(parseHealth(body).kind).toBe('down');
});
