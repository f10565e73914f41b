import { callBounded } from '../adapters/bounded-call.ts';
import { correctionsWebhook } from '../adapters/webhook/corrections-webhook.ts';
import type { CorrectionsBefore } from '../application/ports/corrections.ts';
import type { Action } from '../application/ports/runbook-actions.ts';
import { compensate } from '../application/runbook/actions/compensate.ts';
import { RepriseError } from '../domain/shared/errors.ts';
import type { Settings } from '../env.ts';
import { correctionsKey, correctionsSetting } from '../outside-settings.ts';
import type { Composed } from './compose.ts';

/** Publishes new events through the services that contracts name. */
export function compensateAction(
  { outside }: Pick<Settings, 'outside'>,
  { replayDeps }: Pick<Composed, 'replayDeps'>,
  before: CorrectionsBefore,
): Action<'compensate'> {
  return compensate({
    ...replayDeps,
    callBounded,
    before,
    service: (service) => {
      const settings = {
        url: correctionsSetting(service, 'URL'),
        allowPrivate: correctionsSetting(service, 'PRIVATE'),
      };
      const found = outside.corrections.get(correctionsKey(service));
      if (found === undefined)
        throw new RepriseError(
          'runbook-refused',
          `No address of service ${service} is configured, which publishes the corrections: set ${settings.url} (docs/settings.md).`,
          { where: settings.url },
        );
      return correctionsWebhook({ ...found, service, settings });
    },
  });
}
