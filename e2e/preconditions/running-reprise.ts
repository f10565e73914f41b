import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lastingHome } from '../../demo/infra/postgres-home.ts';
import { comesBackAndEnds } from './comes-back.ts';
import { Launcher, stateDir } from './launcher.ts';
import { processesOfRun } from './processes-of-run.ts';
import { signEverybodyIn } from './signed-in.ts';

const startWithinMs = 8 * 60_000;

/**
 * Starts everything as a newcomer would, from nothing, in a state folder of its own. After the journeys it is killed,
 * started again and ended.
 */
export default async function runReprise(): Promise<() => Promise<void>> {
  const { REPRISE_URL } = process.env;
  if (REPRISE_URL) {
    await signEverybodyIn(REPRISE_URL);
    return async () => undefined;
  }
  // What journeys read there is this run's, whatever the environment names of another.
  process.env.REPRISE_STATE_DIR = stateDir;
  const launcher = new Launcher('--fresh');
  process.env.REPRISE_URL = await launcher.ready(startWithinMs);
  await signEverybodyIn(process.env.REPRISE_URL).catch(async (error: unknown) => {
    await launcher.signal('SIGTERM');
    throw error;
  });
  return async () => {
    try {
      await end(launcher);
    } finally {
      // Where the data are outside the repository nobody else takes them away; while somebody uses them they stay.
      if ((await processesOfRun(stateDir)).length === 0)
        await rm(lastingHome(join(stateDir, 'postgres')), { recursive: true, force: true });
    }
  };
}

async function end(launcher: Launcher): Promise<void> {
  // Ctrl-C has reached it as well: whoever wants to leave waits for no further start.
  const wasAsked = /^Stopping \(SIG/m.test(launcher.said);
  if (!wasAsked && launcher.end === null) return comesBackAndEnds(launcher);
  const how = await launcher.signal('SIGTERM');
  if (how !== 0) throw new Error(`npm start ended with ${how} during the journeys:\n${launcher.said}`);
}
