import type { Tone } from '@/components/ui/tone.ts';
import type { RunPageView } from '@/server/application/runbook-runs/read-run.ts';

export type RunStep = RunPageView['steps'][number];
export type Attempt = RunStep['attempts'][number];

export const stateWords: Readonly<Record<RunStep['state'], readonly [Tone, string]>> = {
  todo: ['unknown', 'to do'],
  'not-known-yet': ['unknown', 'not known yet'],
  out: ['unknown', 'no part of it'],
  waiting: ['accent', 'waits for approval'],
  running: ['accent', 'being done'],
  done: ['verified', 'done'],
  again: ['different', 'to do again'],
  failed: ['failed', 'did not come off'],
  skipped: ['different', 'skipped'],
};

export const attemptWords: Readonly<Record<Attempt['status'], readonly [Tone, string]>> = {
  'awaiting-approval': ['accent', 'waits for approval'],
  queued: ['accent', 'queued'],
  running: ['accent', 'being done'],
  succeeded: ['verified', 'succeeded'],
  failed: ['failed', 'failed'],
  refused: ['different', 'refused'],
  cancelled: ['unknown', 'cancelled'],
  unknown: ['failed', 'not known'],
};

export const sectionTitles: Readonly<Record<RunStep['section'], string>> = {
  symptoms: 'Symptoms',
  diagnosis: 'Diagnosis',
  mitigation: 'Mitigation',
  'post-incident': 'Post-incident',
};

export const touchesWords = {
  nothing: 'It reads only.',
  reprise: 'It changes rows of Reprise alone.',
  outside: 'It changes something outside Reprise.',
} as const;

/** The page's answer. */
export function runAnswer(run: RunPageView): { readonly tone: Tone; readonly verdict: string } {
  const applying = run.steps.filter(({ state }) => state !== 'out');
  const settled = applying.filter(({ state }) => state === 'done' || state === 'skipped').length;
  const far = `${settled} of ${applying.length} steps are done or skipped`;
  if (run.status === 'done') return { tone: 'verified', verdict: `The run is done: ${far}.` };
  if (run.status === 'abandoned') return { tone: 'unknown', verdict: `The run was abandoned: ${far}.` };
  const current = run.steps.find(({ id }) => id === run.current);
  if (current === undefined) return { tone: 'verified', verdict: `Nothing is left: ${far}. End the run.` };
  const [tone, words] = stateWords[current.state];
  return { tone, verdict: `“${current.title}” is next (${words}); ${far}.` };
}

/** What a line of the timeline of a run says, after who did it. */
export const didWords: Readonly<Record<RunPageView['marks'][number]['kind'], string>> = {
  ticked: 'ticked it by hand',
  skipped: 'skipped it',
  noted: 'noted',
  'handed-over': 'handed the run over',
  done: 'ended the run',
  abandoned: 'abandoned the run',
};

/** `12 s`, `3 min`, `2 h 5 min`. */
export function lasted(fromIso: string, toMs: number): string {
  const seconds = Math.max(0, Math.floor((toMs - Date.parse(fromIso)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
