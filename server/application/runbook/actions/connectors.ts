import { counted } from '../../../domain/shared/counted.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConnectorFound, Connectors } from '../../ports/connectors.ts';
import type { Action, Shown } from '../../ports/runbook-actions.ts';
import { overtaken, refuse } from './deps.ts';
import { outside } from './effect.ts';

export type ConnectorDeps = { readonly connectors: Connectors; readonly clock: Clock };

const lookEveryMs = 1_000;

export function checkConnector({ connectors }: ConnectorDeps): Action<'check-connector'> {
  return {
    preview: async ({ connector }) => ({
      sentence: `Asks ${connectors.name} for the state of ${connector} and its tasks. Nothing is changed.`,
      shown: [],
      frozen: {},
    }),
    async perform({ connector }, _frozen, { signal }) {
      const found = await connectors.status(connector, signal);
      return {
        sentence: `${inWords(connector, found)}.`,
        outputs: { state: found.state, tasks: found.tasks.length, failedTasks: failedOf(found) },
        shown: [tasksTable(connector, found)],
        links: [],
      };
    },
  };
}

export function restartConnector({ connectors, clock }: ConnectorDeps): Action<'restart-connector'> {
  return {
    async preview({ connector }, { signal }) {
      const found = await connectors.status(connector, signal);
      const resting = whyNot(connector, found);
      if (resting !== null) throw refuse(resting, connector);
      const what = isWell(found) ? 'There is nothing to restart' : 'What failed of it would be restarted';
      return {
        sentence: `${inWords(connector, found)}. ${what}.`,
        shown: [tasksTable(connector, found)],
        frozen: {},
      };
    },
    async perform({ connector }, _frozen, { signal, say, ...context }) {
      const before = await connectors.status(connector, signal);
      if (isWell(before))
        return {
          sentence: `${inWords(connector, before)}; nothing was restarted.`,
          outputs: { state: before.state, failedTasks: 0 },
          shown: [tasksTable(connector, before)],
          links: [],
        };
      const resting = whyNot(connector, before);
      if (resting !== null) throw overtaken(resting, connector);
      await outside(context, () => connectors.restartFailed(connector, signal));
      say(`${connectors.name} was asked to restart what failed of ${connector}.`);
      let found = await connectors.status(connector, signal);
      while (!isWell(found)) {
        await clock.wait(lookEveryMs, signal).catch(() => {
          // No refusal: it was restarted, and may still come up.
          throw new Error(`It was asked to restart, and when the time was up: ${inWords(connector, found)}.`);
        });
        found = await connectors.status(connector, signal);
      }
      return {
        sentence: `${inWords(connector, found)}; before, ${counted(failedOf(before), 'task')} had failed.`,
        outputs: { state: found.state, failedTasks: failedOf(found) },
        shown: [tasksTable(connector, found)],
        links: [],
      };
    },
  };
}

const failedOf = ({ tasks }: ConnectorFound) => tasks.filter(({ state }) => state === 'FAILED').length;

/** A restart takes up what failed, and nothing that rests; null: it may help. */
function whyNot(connector: string, found: ConnectorFound): string | null {
  if (isWell(found)) return null;
  const { state } = found;
  if (state === 'PAUSED' || state === 'STOPPED')
    return `Connector ${connector} is ${state}: resume it, since a restart does not.`;
  if (state === 'FAILED' || failedOf(found) > 0) return null;
  return `${inWords(connector, found)}: there is nothing to restart. Look again in a while, since its tasks may only be given out anew.`;
}

const isWell = ({ state, tasks }: ConnectorFound) =>
  state === 'RUNNING' && tasks.length > 0 && tasks.every((task) => task.state === 'RUNNING');

/** A connector is RUNNING by its own account while none of its tasks does anything. */
function inWords(connector: string, found: ConnectorFound): string {
  const failed = failedOf(found);
  const tasks = counted(found.tasks.length, 'task');
  if (failed === 0) return `Connector ${connector} is ${found.state} with ${tasks}, and none has failed`;
  return `Connector ${connector} is ${found.state}, but ${failed} of ${tasks} failed: what ${failed === 1 ? 'that one carries' : 'those carry'} stands still`;
}

const tasksTable = (connector: string, { tasks }: ConnectorFound): Shown => ({
  kind: 'table',
  title: `Tasks of ${connector}`,
  columns: ['Task', 'State', 'Why'],
  rows: tasks.map(({ id, state, problem }) => [String(id), state, problem ?? '']),
});
