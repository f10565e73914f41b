import { execFileSync } from 'node:child_process';
import { Command } from 'commander';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scopeFromFlags } from '@/cli/reprise/scope-flags.ts';
import { waiversFromFlags } from '@/cli/reprise/waiver-flags.ts';
import { type ReplayRequest, replayCommand, statesCommand } from './command-line.ts';

/** The words that a shell makes of a command, after the `--` that npm takes away. */
function wordsOf(command: string): readonly string[] {
  const said = execFileSync('sh', ['-c', String.raw`npm() { printf '%s\0' "$@"; }; ${command}`]).toString();
  const words = said.split('\0').slice(0, -1);
  return words.slice(words.indexOf('--') + 1);
}

function flagsOf(command: string) {
  const run = new Command()
    .requiredOption('--contract <contract>')
    .option('--partitions <list>')
    .option('--offsets <p:from-to...>')
    .option('--from <instant>')
    .option('--to <instant>')
    .option('--keys <key...>')
    .option('--rate <n>')
    .option('--reason <text>')
    .option('--review')
    .option('--waive <p:offset...>');
  run.parse([...wordsOf(command).slice(2)], { from: 'user' });
  return run.opts();
}

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((each) => !each.includes('\0'));
const scopes = fc.oneof(
  fc.constant({ kind: 'all' as const }),
  fc.record({
    kind: fc.constant('partitions' as const),
    partitions: fc.uniqueArray(fc.nat(99), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('offsets' as const),
    ranges: fc.uniqueArray(
      fc.record({ partition: fc.nat(99), from: fc.constant('5'), to: fc.constant('514') }),
      { minLength: 1, maxLength: 3, selector: (range) => range.partition },
    ),
  }),
  fc.constant({ kind: 'time' as const, from: '2026-03-14T09:00:00Z', to: '2026-03-14T10:00:00Z' }),
  fc.record({
    kind: fc.constant('keys' as const),
    keys: fc.uniqueArray(text, { minLength: 1, maxLength: 4 }),
  }),
);

describe('the command line of a replay', () => {
  it('is read back by a shell and by the command line as the very same request', () => {
    fc.assert(
      fc.property(
        fc.record({
          contractId: fc.constant('inventory'),
          scope: scopes,
          rateLimit: fc.option(fc.integer({ min: 1, max: 9_999_999 })),
          reason: fc.oneof(fc.constant(''), text),
          review: fc.boolean(),
          waivers: fc.array(fc.record({ partition: fc.nat(99), offset: fc.nat(999).map(String) }), {
            maxLength: 3,
          }),
        }),
        (request: ReplayRequest) => {
          const flags = flagsOf(replayCommand(request));
          expect(scopeFromFlags(flags)).toEqual(request.scope);
          expect(flags.contract).toBe(request.contractId);
          expect(flags.rate).toBe(request.rateLimit === null ? undefined : String(request.rateLimit));
          expect(flags.reason ?? '').toBe(request.reason);
          expect(flags.review ?? false).toBe(request.review);
          expect(waiversFromFlags(flags.waive)).toEqual(request.waivers);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('stays plain where nothing has to be quoted', () => {
    expect(
      replayCommand({
        contractId: 'inventory',
        scope: { kind: 'all' },
        rateLimit: 500,
        reason: 'after INC 7',
        review: false,
        waivers: [],
      }),
    ).toBe("npm run -s reprise -- replays run --contract=inventory --rate=500 '--reason=after INC 7'");
  });

  it('lets nothing of a reason run', () => {
    const words = wordsOf(
      replayCommand({
        contractId: 'inventory',
        scope: { kind: 'keys', keys: ["it's $(touch gone)", '-rf'] },
        rateLimit: null,
        reason: '`reboot`; exit 1',
        review: true,
        waivers: [],
      }),
    );
    expect(words).toContain("--keys=it's $(touch gone)");
    expect(words).toContain('--keys=-rf');
    expect(words).toContain('--reason=`reboot`; exit 1');
  });
});

describe('the command line of the states', () => {
  it('names the replay, so that it prints tomorrow what the page shows today', () => {
    expect(statesCommand('inventory', 'b0e4')).toBe(
      'npm run -s reprise -- states diff inventory --replay=b0e4',
    );
  });
});
