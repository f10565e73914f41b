import type { LagList, LagSubjectView } from '../application/lag/read-lag.ts';
import type { DeliveryView } from '../application/ports/delivery-pages.ts';
import { unjudgedCauses } from '../application/ports/delivery-pages.ts';
import { lagVerdicts } from '../domain/lag/index.ts';

/**
 * Figures in Prometheus's text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). A figure that is
 * not known has no line, and one that is no longer measured has none either: a stale one would look like a fresh one.
 */
export function metricsText({ asOf, subjects }: LagList, deliveries: readonly DeliveryView[]): string {
  const fresh = subjects.filter(({ stale }) => !stale);
  const now = Date.parse(asOf);
  return [
    family(
      'reprise_lag_records',
      'Unread records of a consumer group or derived state, over all partitions known.',
      fresh,
      (each) => (each.records === null ? [] : [[{}, each.records]]),
    ),
    family('reprise_lag_seconds', 'Age of the oldest next unread record.', fresh, (each) =>
      each.ageMs === null ? [] : [[{}, String(each.ageMs / 1_000)]],
    ),
    family('reprise_lag_unknown_partitions', 'Partitions of which the lag is not known.', fresh, (each) => [
      [{}, String(each.unknownPartitions)],
    ]),
    family('reprise_lag_verdict', '1 for the verdict that holds now, 0 for the others.', subjects, (each) =>
      lagVerdicts.map((verdict) => [{ verdict }, verdict === each.verdict ? '1' : '0']),
    ),
    family('reprise_group_state', '1 for the state of the group that its broker tells.', fresh, (each) =>
      each.state === null ? [] : [[{ state: each.state }, '1']],
    ),
    family('reprise_group_members', 'Members of the group.', fresh, (each) =>
      each.members === null ? [] : [[{}, String(each.members)]],
    ),
    family('reprise_sample_age_seconds', 'Age of the newest sample.', subjects, (each) =>
      each.sampledAt === null ? [] : [[{}, String(Math.max(0, now - Date.parse(each.sampledAt)) / 1_000)]],
    ),
    ...lossFamilies(now, deliveries),
  ].join('');
}

/** Of contracts whose outbox is looked at. */
function lossFamilies(now: number, deliveries: readonly DeliveryView[]): readonly string[] {
  const figure = (
    name: string,
    help: string,
    of: (
      outbox: NonNullable<DeliveryView['outbox']>,
      view: DeliveryView,
    ) => readonly (readonly [Labels, string])[],
  ) =>
    familyOf(
      name,
      help,
      deliveries.flatMap((view) =>
        view.outbox === null
          ? []
          : of(view.outbox, view).map(
              ([own, value]) => [{ contract: view.contractId, ...own }, value] as const,
            ),
      ),
    );
  return [
    figure('reprise_losses_events', 'Events that were sent and have not arrived.', (_, { missed }) => [
      [{}, String(missed.count)],
    ]),
    figure(
      'reprise_losses_judged_age_seconds',
      'Time since the moment until which losses are judged; what was sent after it may be lost, and nobody knows yet.',
      ({ judgedUntil, startedAt }) => [
        [{}, String(Math.max(0, now - Date.parse(judgedUntil ?? startedAt)) / 1_000)],
      ],
    ),
    figure(
      'reprise_losses_unjudged',
      'Why losses have been unjudged for over a minute: 1 for the cause that holds now, 0 for the others.',
      ({ unjudged }) => unjudgedCauses.map((cause) => [{ cause }, unjudged?.cause === cause ? '1' : '0']),
    ),
    figure(
      'reprise_losses_unjudged_events',
      'Sent events that are due for over a minute, have not arrived and can not be judged.',
      ({ unjudged }) => [[{}, String(unjudged?.waiting ?? 0)]],
    ),
  ];
}

type Labels = Readonly<Record<string, string>>;

function family(
  name: string,
  help: string,
  subjects: readonly LagSubjectView[],
  of: (subject: LagSubjectView) => readonly (readonly [Labels, string])[],
): string {
  const samples = subjects.flatMap((subject) => {
    const labels = { contract: subject.contractId, kind: subject.kind, name: subject.name };
    return of(subject).map(([own, value]) => [{ ...labels, ...own }, value] as const);
  });
  return familyOf(name, help, samples);
}

function familyOf(name: string, help: string, samples: readonly (readonly [Labels, string])[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}

/** Label values escape backslash, quote and line feed, and nothing else. */
function labelText(labels: Labels): string {
  const escaped = (value: string) =>
    value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')}}`;
}
