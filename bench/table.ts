import type { CompareSpeed } from './compare-speed.ts';
import type { EngineRun } from './engine.ts';
import type { FoldSpeed } from './fold-speed.ts';

type Measured = { readonly ms: number; readonly cpuMs: number | null; readonly peakMb: number | null };

/** The tables as Markdown, so that what is printed is what docs/bench.md holds. */
export function foldTable({ topic, bare, engine }: FoldSpeed): string {
  const bareMs = median(bare.map((run) => run.ms));
  const bareCpuMs = medianKnown(bare.map((run) => run.cpuMs));
  const row = (what: string, threads: number, runs: readonly Measured[]) => {
    const ms = median(runs.map((run) => run.ms));
    const cpuMs = medianKnown(runs.map((run) => run.cpuMs));
    return [
      what,
      String(threads),
      seconds(ms),
      thousands((topic.events * 1000) / ms),
      cpuMs === null ? '' : seconds(cpuMs),
      peak(runs.map((run) => run.peakMb)),
      cpuMs === null || bareCpuMs === null ? '' : (bareCpuMs / cpuMs).toFixed(2),
      (bareMs / ms).toFixed(2),
    ];
  };
  const rows = [row('kafkajs eachBatch, JSON.parse only', 1, bare)];
  for (const [threads, runs] of engine) {
    const folds = runs.map((run) => ({ ms: run.foldMs, cpuMs: run.foldCpuMs, peakMb: run.peakMb }));
    const wholes = runs.map((run) => ({ ms: run.evidenceMs, cpuMs: null, peakMb: run.peakMb }));
    rows.push(row('engine: fold with checkpoints', threads, folds));
    rows.push(row('engine: until evidence', threads, wholes));
  }
  const head = [
    'what',
    'threads',
    `s for ${thousands(topic.events)} events`,
    'events/s',
    'processor s',
    'peak MB',
  ];
  return markdown([...head, 'ratio of processor time', 'ratio to the bare loop'], rows);
}

export function spreadTable({ bare, engine }: FoldSpeed): string {
  const rows = [['bare loop', '1', ...bare.map((run) => seconds(run.ms))]];
  for (const [threads, runs] of engine)
    rows.push(['engine: fold with checkpoints', String(threads), ...runs.map((run) => seconds(run.foldMs))]);
  return markdown(['every round, in s', 'threads', ...bare.map((_, round) => `round ${round + 1}`)], rows);
}

export function growthTable(speeds: readonly FoldSpeed[]): string {
  const rows = [1, 2].map((threads) => [
    'engine: fold with checkpoints',
    String(threads),
    ...speeds.flatMap(({ topic, engine }) => {
      const runs = engine.get(threads) ?? [];
      const ms = median(runs.map((run) => run.foldMs));
      return [((ms * 1000) / topic.events).toFixed(2), peak(runs.map((run) => run.peakMb))];
    }),
  ]);
  const heads = speeds.flatMap(({ topic }) => [
    `µs an event at ${thousands(topic.events)}`,
    `peak MB at ${thousands(topic.events)}`,
  ]);
  return markdown(['growth', 'threads', ...heads], rows);
}

export function phaseTable(run: EngineRun): string {
  const phases = [...run.phases].filter(([status]) => status !== 'folding');
  let before = 0;
  const rows: string[][] = [];
  let doing = 'folding';
  for (const [status, ms] of phases) {
    rows.push([doing, seconds(ms - before)]);
    before = ms;
    doing = status;
  }
  return markdown([`phase, ${run.threads} threads`, 's'], rows);
}

export function pageTable({ pages }: CompareSpeed): string {
  return markdown(
    ['page of 50 rows', 'calls', 'p50 ms', 'p95 ms'],
    pages.map(({ what, calls, p50Ms, p95Ms }) => [what, String(calls), p50Ms.toFixed(1), p95Ms.toFixed(1)]),
  );
}

export function thousands(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
}

function medianKnown(numbers: readonly (number | null)[]): number | null {
  const known = numbers.filter((n) => n !== null);
  return known.length === 0 ? null : median(known);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

/** The largest of all runs: memory is a promise about the worst one. */
function peak(peaks: readonly (number | null)[]): string {
  const known = peaks.filter((mb) => mb !== null);
  return known.length === 0 ? 'not known here' : String(Math.max(...known));
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
