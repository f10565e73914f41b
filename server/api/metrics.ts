import type { LagList, LagSubjectView } from '../application/lag/read-lag.ts';
import { lagVerdicts } from '../domain/lag/index.ts';

/**
 * Figures in Prometheus's text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). A figure that is
 * not known has no line, and one that is no longer measured has none either: a stale one would look like a fresh one.
 */
export function metricsText({ asOf, subjects }: LagList): string {
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
  ].join('');
}

type Labels = Readonly<Record<string, string>>;

function family(
  name: string,
  help: string,
  subjects: readonly LagSubjectView[],
  of: (subject: LagSubjectView) => readonly (readonly [Labels, string])[],
): string {
  const lines = subjects.flatMap((subject) => {
    const labels = { contract: subject.contractId, kind: subject.kind, name: subject.name };
    return of(subject).map(([own, value]) => `${name}${labelText({ ...labels, ...own })} ${value}\n`);
  });
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
