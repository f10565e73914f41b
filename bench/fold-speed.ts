import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { type EngineRun, openEngine } from './engine.ts';
import { countDuplicates } from './events.ts';
import { fillFromTotals } from './live-table.ts';
import type { Servers } from './servers.ts';
import type { BenchTopic } from './topic.ts';

type BareRun = {
  readonly events: number;
  readonly ms: number;
  readonly cpuMs: number | null;
  readonly peakMb: number | null;
};

export type FoldSpeed = {
  readonly topic: BenchTopic;
  readonly bare: readonly BareRun[];
  readonly engine: ReadonlyMap<number, readonly EngineRun[]>;
};

/** Reads one topic in turn by the bare loop and by the engine with one and with two threads, so many times. */
export async function measureFolds(
  servers: Servers,
  topic: BenchTopic,
  rounds: number,
  say: (line: string) => void,
): Promise<FoldSpeed> {
  const bare: BareRun[] = [];
  const engine = new Map<number, EngineRun[]>([
    [1, []],
    [2, []],
  ]);
  for (let round = 1; round <= rounds; round++) {
    const run = await bareLoop(servers, topic);
    bare.push(run);
    say(
      `  round ${round}: bare loop ${Math.round(run.ms)} ms (processor ${run.cpuMs} ms), peak ${run.peakMb} MB`,
    );
    for (const [threads, runs] of engine) {
      const run = await engineOnce(servers, topic, threads);
      runs.push(run);
      say(
        `  round ${round}: engine, ${threads} thread(s): fold ${Math.round(run.foldMs)} ms (processor ${run.foldCpuMs} ms), peak ${run.peakMb} MB after ${run.restingMb} MB at rest, evidence ${Math.round(run.evidenceMs)} ms, ${run.checkpoints} checkpoints`,
      );
    }
  }
  return { topic, bare, engine };
}

async function engineOnce(servers: Servers, topic: BenchTopic, threads: number): Promise<EngineRun> {
  const engine = await openEngine(servers, topic, threads, fillFromTotals(topic.totals));
  try {
    const run = await engine.run();
    const { applied, duplicates } = run.counters;
    const expected = countDuplicates(topic.events);
    // A fast wrong answer is no measurement.
    if (duplicates !== expected || applied !== topic.events - expected)
      throw new Error(`the engine counted ${applied} applied and ${duplicates} duplicates`);
    if (run.confidence !== 'trusted' || run.agreement !== 'equal')
      throw new Error(`the replay is ${run.confidence} and ${run.agreement}`);
    return run;
  } finally {
    await engine.close();
  }
}

async function bareLoop(servers: Servers, topic: BenchTopic): Promise<BareRun> {
  const args = [
    ...process.execArgv,
    resolve(import.meta.dirname, 'bare-loop.ts'),
    servers.brokers,
    topic.name,
    String(topic.events),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise<number | null>((done) => child.once('exit', done));
  if (code !== 0) throw new Error(`the bare loop ended with code ${code}`);
  const run: BareRun = JSON.parse(output);
  return run;
}
