/**
 * Flips every bit of the envelope of a record of each kind, and verifies clean bundles of as many different records
 * as are asked for: `node bench/tamper.ts [clean verifications]`. The tests flip a part of them in each run; this is
 * all of them. Exits with 1 at the first flip that is not found by the check for it, and at the first false alarm.
 */
import { performance } from 'node:perf_hooks';
import { exported } from '../server/domain/test-kit/bundles.ts';
import { eachKind, kindOf } from '../server/domain/test-kit/each-kind.ts';
import { every, flipAll } from '../server/domain/test-kit/flips.ts';
import { verifyBundle } from '../server/domain/verification/index.ts';

const clean = Number(process.argv[2] ?? 10_000);
if (!Number.isSafeInteger(clean) || clean < 1)
  throw new Error(`no number of verifications: ${process.argv[2]}`);

let falseAlarms = 0;
const began = performance.now();
const makers = Object.values(eachKind);
for (let at = 0; at < clean; at += 1) {
  const make = makers[at % makers.length];
  if (make === undefined) throw new Error('no kind');
  // Trees of 3 to 42 entries, each with keys of its own.
  const size = 3 + (at % 40);
  const { input, witness, checkpointAt } = await exported(make(`id-${at}`), size);
  const report = await verifyBundle(
    input(undefined, {
      witnesses: [witness],
      earlierCheckpoint: { note: await checkpointAt(3) },
    }),
  );
  if (!report.holds) {
    falseAlarms += 1;
    process.stdout.write(`clean bundle ${at} was called false: ${JSON.stringify(report.checks)}\n`);
  }
}
process.stdout.write(
  `${clean} clean bundles verified, ${falseAlarms} false alarms, ${seconds(performance.now() - began)}\n`,
);

for (const [type, make] of Object.entries(eachKind)) {
  const from = performance.now();
  const made = await exported(make('id-0'));
  const { flips, found } = await flipAll(made, every(made.bundle.envelope.length, 1));
  const by = [...found].map(([name, count]) => `${name} ${count}`).join(', ');
  process.stdout.write(
    `${kindOf(type)}: ${flips} of ${flips} flipped bits found, first by: ${by}; ${seconds(performance.now() - from)}\n`,
  );
}
process.exitCode = falseAlarms > 0 ? 1 : 0;

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(0)} s`;
}
