import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { settingsFile } from '../../cli/start/instance.ts';
import { stopProcess } from '../../demo/infra/processes.ts';
import { Launcher, stateDir } from './launcher.ts';
import { leftOf, processesOfRun } from './processes-of-run.ts';

const startWithinMs = 180_000;

/**
 * Holds `npm start` to what is promised of its end, with all that the journeys have left. Killed, it stops nothing; the
 * next start, which is no fresh one, recovers, with all evidence. Asked to stop it ends well, and nothing goes on. Says
 * how long both took.
 */
export async function comesBackAndEnds(launcher: Launcher): Promise<void> {
  const { killed, before } = await orEnded(launcher, async () => ({
    killed: await processesOfRun(stateDir),
    before: await evidenceLog(),
  }));
  await launcher.signal('SIGKILL');
  const killedAt = performance.now();
  const next = new Launcher();
  await next.ready(startWithinMs).catch(async (error: unknown) => {
    // Nobody else stops what the killed one has left.
    await stopAll([...killed, ...(await processesOfRun(stateDir))]);
    throw error;
  });
  const backAfter = secondsSince(killedAt);
  const problems = await orEnded(next, () => recoveryProblems(next, killed, before));
  const askedAt = performance.now();
  problems.push(...(await endProblems(next)));
  process.stdout.write(
    `\nnpm start was killed, was ready again after ${backAfter} s with its ${before.entries} records of evidence, and stopped in ${secondsSince(askedAt)} s\n`,
  );
  if (problems.length > 0) throw new Error(`${problems.join('\n')}\nIt said:\n${next.said}`);
}

/** Whatever could not be looked at: what was started is not left running for the next run to meet. */
async function orEnded<T>(launcher: Launcher, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await launcher.signal('SIGTERM');
    throw error;
  }
}

async function recoveryProblems(
  next: Launcher,
  killed: Awaited<ReturnType<typeof processesOfRun>>,
  before: EvidenceLog,
): Promise<string[]> {
  const problems: string[] = [];
  const left = leftOf(killed);
  if (left.length > 0) problems.push(`The next start left what a killed one had started: ${left.join(', ')}`);
  if (!/stopped \d+ process(es)? left by an earlier run/.test(next.said))
    problems.push('The start after a killed one did not say that it stopped what that had left.');
  // A worker may have recorded more until it was stopped, and the new one since.
  const now = await evidenceLog(before.entries);
  if (now.entries !== before.entries || now.digest !== before.digest)
    problems.push(
      `Of ${before.entries} records of evidence ${now.entries} are there after the launcher was killed, or others.`,
    );
  return problems;
}

async function endProblems(launcher: Launcher): Promise<readonly string[]> {
  const running = await processesOfRun(stateDir);
  const end = await launcher.signal('SIGTERM');
  // Those too that have come up behind the page since.
  const all = [...running, ...(await processesOfRun(stateDir))];
  const left = [...new Set(leftOf(all))];
  // So that no later run meets them.
  await stopAll(all);
  return [
    ...(end === 0 ? [] : [`On SIGTERM npm start ended with ${end ?? 'nothing in time'}, and not with 0.`]),
    ...(left.length === 0 ? [] : [`npm start has ended and left behind: ${left.join(', ')}`]),
  ];
}

const stopAll = (processes: Awaited<ReturnType<typeof processesOfRun>>) =>
  Promise.all(processes.map((each) => stopProcess(each, 1_000)));

type EvidenceLog = { readonly entries: number; readonly digest: string };

/** How many entries the evidence log has, of the first `upTo` where that is given, and a digest over them. */
async function evidenceLog(upTo: number | null = null): Promise<EvidenceLog> {
  const { DATABASE_URL } = JSON.parse(await readFile(settingsFile(stateDir), 'utf8'));
  const client = new pg.Client({ connectionString: DATABASE_URL });
  await client.connect();
  try {
    const { rows } = await client.query<EvidenceLog>(
      `SELECT count(*)::int AS entries,
         coalesce(encode(sha256(string_agg(leaf_hash, ''::bytea ORDER BY index)), 'hex'), '') AS digest
       FROM log_entry WHERE $1::bigint IS NULL OR index < $1::bigint`,
      [upTo],
    );
    const [log] = rows;
    if (log === undefined) throw new Error('the evidence log could not be read');
    return log;
  } finally {
    await client.end();
  }
}

const secondsSince = (startedAt: number) => ((performance.now() - startedAt) / 1000).toFixed(1);
