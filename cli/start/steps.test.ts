import { expect, test } from 'vitest';
import { makeSteps, StepFailed } from './steps.ts';

function recorder() {
  const lines: string[] = [];
  let clock = 0;
  const steps = makeSteps(
    (text) => lines.push(text),
    () => (clock += 1_500),
  );
  return { lines, steps };
}

test('a step prints one line with its mark, its detail and its seconds', async () => {
  const { lines, steps } = recorder();
  const value = await steps.step('Schema', async () => ({ detail: '3 migrations applied', value: 3 }));
  expect(value).toBe(3);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^✓ Schema: 3 migrations applied +1\.5 s\n$/);
});

test('a failed step prints its reason whole, once, however many steps wrap it', async () => {
  const { lines, steps } = recorder();
  const inner = () =>
    steps.step<null>('Kafka', async () => {
      throw new Error('did not answer\nlast line of its log');
    });
  await expect(steps.step('Demo', async () => ({ detail: '', value: await inner() }))).rejects.toThrow(
    StepFailed,
  );
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^✗ Kafka: did not answer/);
  expect(lines[1]).toContain('last line of its log');
});
