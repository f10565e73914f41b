import type { Clock } from '../../ports/clock.ts';
import type { ConsumerControl, ConsumerState, ControlOrder } from '../../ports/consumer-control.ts';
import type { Action } from '../../ports/runbook-actions.ts';
import { overtaken } from './deps.ts';
import { outside } from './effect.ts';

export type ControlConsumerDeps = { readonly control: ConsumerControl; readonly clock: Clock };

const lookEveryMs = 1_000;
/** So often it says that it still waits. */
const sayEvery = 10;

const wanted: Readonly<Record<ControlOrder, ConsumerState>> = {
  pause: 'paused',
  resume: 'running',
  stop: 'stopped',
  start: 'running',
  restart: 'running',
};

/** Asks whoever runs a service, and waits until it says that it is so. */
export function controlConsumer({ control, clock }: ControlConsumerDeps): Action<'control-consumer'> {
  return {
    async preview({ service, do: order }, { signal }) {
      const state = await control.state(service, signal);
      const isSo = order !== 'restart' && state === wanted[order];
      return {
        sentence: isSo
          ? `${service} is ${state} already; ${control.name} would be asked to ${order} it all the same.`
          : `${control.name} would be asked to ${order} ${service}, which is ${state} now.`,
        shown: [],
        frozen: { before: state },
      };
    },
    async perform({ service, do: order }, frozen, { attemptId, signal, say, ...context }) {
      const before = await control.state(service, signal);
      // `stopped` while it was asked to be restarted would start what somebody has stopped meanwhile.
      if (order === 'restart' && before === 'stopped' && frozen.before !== 'stopped')
        throw overtaken(`${service} was ${String(frozen.before)}, and somebody has stopped it meanwhile.`);
      let state = await outside(context, () => control.act({ service, do: order, attemptId }, signal));
      say(`${control.name} was asked to ${order} ${service}: it is ${state}.`);
      for (let looks = 1; state !== wanted[order]; looks += 1) {
        await clock.wait(lookEveryMs, signal).catch(() => {
          // No refusal: it was asked, and may still come to it.
          throw new Error(
            `${service} was asked to ${order}, and is ${state} and not ${wanted[order]} when the time was up.`,
          );
        });
        state = await control.state(service, signal);
        if (looks % sayEvery === 0) say(`${service} is ${state} after ${looks} s.`);
      }
      return {
        sentence: `${service} is ${state}; it was ${before}.`,
        outputs: { before, state },
        shown: [],
        links: [],
      };
    },
  };
}
