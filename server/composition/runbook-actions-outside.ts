import { callBounded } from '../adapters/bounded-call.ts';
import { connectRest } from '../adapters/connect/connect-rest.ts';
import { openPositionMover } from '../adapters/derived-state/promoting/move-position.ts';
import { rolloutControl } from '../adapters/kubernetes/rollout-control.ts';
import { standingStill } from '../adapters/lag/standing-still.ts';
import { openSubjectKeys } from '../adapters/subject-keys/postgres-subject-keys.ts';
import { controlWebhook } from '../adapters/webhook/control-webhook.ts';
import type { ActionSet } from '../application/ports/runbook-actions.ts';
import { checkConnector, restartConnector } from '../application/runbook/actions/connectors.ts';
import { controlConsumer } from '../application/runbook/actions/control-consumer.ts';
import { decodeRecord } from '../application/runbook/actions/decode-record.ts';
import { inspectGroup } from '../application/runbook/actions/inspect-group.ts';
import { publishDeadLetter } from '../application/runbook/actions/publish-dead-letter.ts';
import { readRecords } from '../application/runbook/actions/read-records.ts';
import { searchHistory } from '../application/runbook/actions/search-history.ts';
import { setGroupOffset } from '../application/runbook/actions/set-group-offset.ts';
import type { Settings } from '../env.ts';
import type { Composed } from './compose.ts';

type Outside = Pick<
  ActionSet,
  | 'inspect-group'
  | 'read-records'
  | 'decode-record'
  | 'search-history'
  | 'publish-dead-letter'
  | 'set-group-offset'
  | 'control-consumer'
  | 'check-connector'
  | 'restart-connector'
>;

const noBroker = { unavailable: 'No broker is configured: set KAFKA_BROKERS (docs/settings.md).' } as const;

/** The actions that look at, or change, what is not Reprise's own. What they open is closed with what was composed. */
export function createOutsideActions({ outside }: Pick<Settings, 'outside'>, composed: Composed): Outside {
  const { kafka, pool, replayDeps, connect, connectPromoter } = composed;
  const reading = { ...replayDeps, callBounded, subjectKeys: openSubjectKeys(connect) };
  const ofBroker =
    kafka === null
      ? {
          'inspect-group': noBroker,
          'read-records': noBroker,
          'publish-dead-letter': noBroker,
          'set-group-offset': noBroker,
        }
      : {
          'inspect-group': inspectGroup({
            ...replayDeps,
            groups: kafka.groups,
            standingStill: standingStill(pool),
          }),
          'read-records': readRecords({ ...replayDeps, records: kafka.records }),
          'publish-dead-letter': publishDeadLetter({
            ...replayDeps,
            records: kafka.records,
            letters: kafka.letters,
          }),
          'set-group-offset': setGroupOffset({
            ...replayDeps,
            groups: kafka.groups,
            records: kafka.records,
            positions: openPositionMover(connectPromoter),
          }),
        };
  return {
    ...ofBroker,
    ...ofServices(outside, replayDeps),
    'decode-record': decodeRecord(reading),
    'search-history': searchHistory(reading),
  };
}

const noControl = {
  unavailable:
    'Nobody who runs consumers is configured: set CONSUMER_CONTROL_URL or KUBERNETES_API_URL (docs/consumer-control.md).',
} as const;
const noConnect = {
  unavailable: 'No Kafka Connect is configured: set CONNECT_URL (docs/settings.md).',
} as const;

function ofServices(
  { consumerControl, connectUrl }: Settings['outside'],
  { clock }: Pick<Composed['replayDeps'], 'clock'>,
): Pick<Outside, 'control-consumer' | 'check-connector' | 'restart-connector'> {
  const connectors = connectUrl === null ? null : connectRest(connectUrl);
  return {
    'control-consumer':
      consumerControl === null
        ? noControl
        : controlConsumer({
            control:
              consumerControl.kind === 'webhook'
                ? controlWebhook(consumerControl)
                : rolloutControl(consumerControl),
            clock,
          }),
    'check-connector': connectors === null ? noConnect : checkConnector({ connectors, clock }),
    'restart-connector': connectors === null ? noConnect : restartConnector({ connectors, clock }),
  };
}
