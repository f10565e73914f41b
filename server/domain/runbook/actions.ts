import { z } from 'zod';
import type { Right } from '../access/index.ts';

/**
 * The typed actions of runbooks: what each takes, what it gives to later steps, what it needs, and what it touches.
 * An action is never a shell. What it does is behind application/ports/runbook-actions.ts; this is what files are
 * checked against and what pages show.
 */

/** What it changes: nothing; only Reprise's own rows; or something of the user's (a group, a topic, a consumer, a state). */
export type Touches = 'nothing' | 'reprise' | 'outside';

const contractId = z.string().min(1).max(200).describe('Id of a recovery contract.');
const derivedState = z.string().min(1).max(200).describe('Name of a derived state of the contract.');
const topic = z.string().min(1).max(249).describe('A Kafka topic.');
const group = z.string().min(1).max(255).describe('A consumer group.');
const partition = z.number().int().min(0).max(1_000_000).describe('A partition.');
/** Offsets are decimal text: they may be larger than a number is exact. */
const offset = z
  .string()
  .regex(/^\d{1,19}$/, 'an offset is a whole number')
  .describe('An offset, in decimal digits.');
const seconds = z.number().int().min(1).max(86_400);
/** It becomes a part of a path, where these lead elsewhere. */
const named = z
  .string()
  .min(1)
  .max(200)
  .regex(/^(?!\.{1,2}$)/, 'a name is neither . nor ..');
const eventId = z.string().min(1).max(500).describe('An idempotency key.');
const said = z.string().trim().min(1).max(2000);

type Definition = {
  /** As people read it: an imperative. */
  readonly title: string;
  readonly sentence: string;
  readonly params: z.ZodObject;
  /** Names and types of what later steps may refer to as `${step.name}`. */
  readonly outputs: Readonly<Record<string, OutputType>>;
  readonly right: Right;
  readonly touches: Touches;
  /** Approvals of other people before it is done, besides those that a replay or promotion needs of itself. */
  readonly approvals: 0 | 1;
  readonly timeoutSeconds: number;
  /**
   * Optional parameters that it does without where what they refer to has no value: it finds them out by itself. Any
   * other that is left out makes another act of it, such as a redrive of all dead letters.
   */
  readonly spared?: readonly string[];
  /** Parameters whose values a contract may hide: they are for who responds or approves. */
  readonly values?: readonly string[];
};

/** `lag` and other whole numbers are `integer`; offsets and counts that may be huge are `offset`. */
export type OutputType = 'text' | 'integer' | 'offset' | 'boolean';

const define = <const D extends Definition>(definition: D) => definition;

export const actions = {
  'inspect-group': define({
    title: 'Inspect a consumer group',
    sentence: 'Reads the committed and end offsets of a group, its members, and where it stands still.',
    params: z.strictObject({ group, topic }),
    outputs: {
      state: 'text',
      members: 'integer',
      lag: 'offset',
      lagMs: 'integer',
      /** Whether a partition is known to have stood still while records wait. */
      stuck: 'boolean',
      stuckPartition: 'integer',
      stuckOffset: 'offset',
    },
    right: 'respond',
    touches: 'nothing',
    approvals: 0,
    timeoutSeconds: 30,
  }),
  'read-records': define({
    title: 'Read records around an offset',
    sentence: 'Shows records with keys and values masked, with their headers’ names, sizes and times.',
    params: z.strictObject({ topic, partition, offset, count: z.number().int().min(1).max(50).default(5) }),
    outputs: { found: 'integer', exists: 'boolean' },
    right: 'respond',
    touches: 'nothing',
    approvals: 0,
    timeoutSeconds: 30,
  }),
  'decode-record': define({
    title: 'Decode a record',
    sentence: 'Decodes, upcasts and validates a record as the contract says, and says why that fails.',
    params: z.strictObject({ contract: contractId, partition, offset }),
    outputs: {
      decodes: 'boolean',
      reason: 'text',
      eventId: 'text',
      eventType: 'text',
      eventVersion: 'integer',
    },
    right: 'respond',
    touches: 'nothing',
    approvals: 0,
    timeoutSeconds: 30,
  }),
  'search-history': define({
    title: 'Search the history',
    sentence: 'Finds the events of an ordering key, or the deliveries of an idempotency key, in the history.',
    params: z.strictObject({
      contract: contractId,
      key: z.string().min(1).max(500).optional(),
      eventId: eventId.optional(),
    }),
    outputs: { found: 'integer', partition: 'integer', offset: 'offset' },
    right: 'respond',
    touches: 'nothing',
    approvals: 0,
    timeoutSeconds: 300,
    spared: ['key', 'eventId'],
  }),
  'publish-dead-letter': define({
    title: 'Publish a record to the dead-letter topic',
    sentence:
      'Copies a record as it is to the dead-letter topic of a derived state, with its cause and where it came from in headers.',
    params: z.strictObject({ contract: contractId, state: derivedState, partition, offset, cause: said }),
    outputs: { topic: 'text', partition: 'integer', offset: 'offset', already: 'boolean' },
    right: 'respond',
    touches: 'outside',
    approvals: 0,
    timeoutSeconds: 30,
  }),
  'set-group-offset': define({
    title: 'Set the offset of a consumer group',
    sentence:
      'Commits another offset for one partition of a group, only while the group has no members; shows before and after.',
    params: z.strictObject({
      group,
      topic,
      partition,
      to: z.union([offset, z.enum(['earliest', 'latest'])]).describe('An offset, `earliest` or `latest`.'),
      /** Where the group has to stand for it: something else happened meanwhile otherwise. */
      from: offset.optional(),
      contract: contractId.optional(),
      /** Of a state that keeps its applied position itself: that moves with it. */
      state: derivedState.optional(),
    }),
    outputs: { before: 'text', after: 'text' },
    right: 'respond',
    touches: 'outside',
    approvals: 1,
    timeoutSeconds: 60,
  }),
  'control-consumer': define({
    title: 'Pause, stop or restart a consumer',
    sentence:
      'Asks whoever runs a service to pause, resume, stop, start or restart it, and waits until it says so.',
    params: z.strictObject({
      service: named.describe('Name of the service, as its connector knows it.'),
      do: z.enum(['pause', 'resume', 'stop', 'start', 'restart']),
    }),
    outputs: { before: 'text', state: 'text' },
    right: 'respond',
    touches: 'outside',
    approvals: 0,
    timeoutSeconds: 120,
  }),
  redrive: define({
    title: 'Redrive dead letters',
    sentence:
      'Sends a frozen set of dead letters again in growing batches under a rate limit; done means reprocessed, and not only sent.',
    params: z.strictObject({
      contract: contractId,
      state: derivedState,
      /** A group of the dead letters' page; all of them where it is left out. */
      cause: z.string().max(500).optional(),
      perSecond: z.number().int().min(1).max(1000).default(10),
      atMost: z.number().int().min(1).max(100_000).default(1000),
    }),
    outputs: {
      redriveId: 'text',
      chosen: 'integer',
      sent: 'integer',
      reprocessed: 'integer',
      failed: 'integer',
      left: 'integer',
    },
    right: 'respond',
    touches: 'outside',
    approvals: 1,
    timeoutSeconds: 1800,
  }),
  'check-invariant': define({
    title: 'Check an invariant',
    sentence: 'Runs an SQL invariant of the contract against the live store.',
    params: z.strictObject({ contract: contractId, invariant: z.string().min(1).max(200) }),
    outputs: { passed: 'boolean', failing: 'integer' },
    right: 'respond',
    touches: 'nothing',
    approvals: 0,
    timeoutSeconds: 60,
  }),
  'check-readiness': define({
    title: 'Check readiness',
    sentence: 'Runs the contract’s readiness checks now.',
    params: z.strictObject({ contract: contractId }),
    outputs: { ready: 'boolean', failed: 'integer', warnings: 'integer' },
    right: 'respond',
    touches: 'reprise',
    approvals: 0,
    timeoutSeconds: 120,
  }),
  replay: define({
    title: 'Replay',
    sentence: 'Plans a replay, launches it, waits for its approvals and its end, and gives its verdicts.',
    params: z.strictObject({
      contract: contractId,
      keys: z.array(z.string().min(1).max(500)).min(1).max(1000).optional(),
      partitions: z.array(partition).min(1).max(1000).optional(),
      reason: said,
    }),
    outputs: {
      replayId: 'text',
      status: 'text',
      confidence: 'text',
      agreement: 'text',
      evidenceId: 'text',
      events: 'offset',
      /** Keys that differ in any of the states. */
      differing: 'integer',
      /** Records that could not be read, that came after a later one of their key, that hold what was erased. */
      quarantined: 'integer',
      outOfOrder: 'integer',
      erased: 'integer',
    },
    right: 'replay',
    touches: 'reprise',
    approvals: 0,
    timeoutSeconds: 14_400,
  }),
  promote: define({
    title: 'Promote',
    sentence:
      'Asks for the promotion of what a replay says into a derived state, and waits for its approvals and end.',
    params: z.strictObject({
      replayId: z.string().min(1).max(100),
      state: derivedState,
      reason: said,
    }),
    outputs: { promotionId: 'text', status: 'text', written: 'integer', evidenceId: 'text' },
    right: 'promote',
    touches: 'outside',
    approvals: 0,
    timeoutSeconds: 14_400,
  }),
  'compare-states': define({
    title: 'Compare states',
    sentence:
      'Says what the contract’s derived states held when they were compared with history last, and how old that is.',
    params: z.strictObject({ contract: contractId }),
    outputs: { agreement: 'text', differing: 'integer', replayId: 'text', ageMs: 'integer' },
    right: 'respond',
    touches: 'nothing',
    approvals: 0,
    timeoutSeconds: 30,
  }),
  'await-lag': define({
    title: 'Wait until lag is under a threshold',
    sentence:
      'Waits until the measured lag of a group or derived state is under a threshold, and stays there.',
    params: z.strictObject({
      contract: contractId,
      /** A consumer group's name, or a derived state's. */
      of: z.string().min(1).max(255),
      underMs: z.number().int().min(0).max(86_400_000).default(60_000),
      withinSeconds: seconds.default(600),
    }),
    outputs: { lagMs: 'integer', lag: 'offset', waitedMs: 'integer' },
    right: 'respond',
    touches: 'nothing',
    approvals: 0,
    timeoutSeconds: 86_400,
  }),
  'check-connector': define({
    title: 'Check a connector',
    sentence: 'Asks Kafka Connect for the state of a connector and its tasks.',
    params: z.strictObject({ connector: named }),
    outputs: { state: 'text', tasks: 'integer', failedTasks: 'integer' },
    right: 'respond',
    touches: 'nothing',
    approvals: 0,
    timeoutSeconds: 30,
  }),
  'restart-connector': define({
    title: 'Restart a connector’s failed tasks',
    sentence: 'Asks Kafka Connect to restart a connector and its failed tasks, and waits until they run.',
    params: z.strictObject({ connector: named }),
    outputs: { state: 'text', failedTasks: 'integer' },
    right: 'respond',
    touches: 'outside',
    approvals: 0,
    timeoutSeconds: 120,
  }),
  compensate: define({
    title: 'Publish a compensating event',
    sentence:
      'Proposes a new event that corrects an old one (both values, reason, who, ticket), and publishes it after approval.',
    params: z.strictObject({
      contract: contractId,
      originalEventId: eventId,
      /** Where the old one stands: the two go together. Without them it is looked for, which takes too long in a long history. */
      partition: partition.optional(),
      offset: offset.optional(),
      type: z.string().min(1).max(200).describe('Type of the new event.'),
      /** The new event's data, as its newest version has it. */
      data: z.record(z.string(), z.json()),
      /** Of the old one, for people to compare. */
      originalValue: z.string().max(2000),
      correctedValue: z.string().max(2000),
      reason: said,
      ticket: z.string().min(1).max(200),
    }),
    outputs: { eventId: 'text', partition: 'integer', offset: 'offset' },
    right: 'respond',
    touches: 'outside',
    approvals: 1,
    timeoutSeconds: 120,
    values: ['data', 'originalValue', 'correctedValue'],
    spared: ['partition', 'offset'],
  }),
  'verify-evidence': define({
    title: 'Verify evidence',
    sentence: 'Verifies a record of evidence by its bundle, check by check.',
    params: z.strictObject({ evidenceId: z.string().min(1).max(100) }),
    outputs: { verified: 'boolean', failed: 'integer' },
    right: 'respond',
    touches: 'nothing',
    approvals: 0,
    timeoutSeconds: 60,
  }),
  'audit-log': define({
    title: 'Audit the evidence log',
    sentence: 'Recomputes the evidence log and holds it against the checkpoints that left this database.',
    params: z.strictObject({}),
    outputs: { findings: 'integer', entries: 'offset', compared: 'integer' },
    right: 'respond',
    touches: 'reprise',
    approvals: 0,
    timeoutSeconds: 900,
  }),
  notify: define({
    title: 'Tell people',
    sentence: 'Tells everybody who responds to incidents, by their channels.',
    params: z.strictObject({ text: said }),
    outputs: { told: 'integer' },
    right: 'respond',
    touches: 'outside',
    approvals: 0,
    timeoutSeconds: 60,
  }),
} as const;

export type ActionName = keyof typeof actions;

/** Whether a parameter only says something to people: nothing is done otherwise because of it. */
export function isSaid(action: ActionName, parameter: string): boolean {
  const shape: Readonly<Record<string, z.ZodType>> = actions[action].params.shape;
  return Object.hasOwn(shape, parameter) && shape[parameter] === said;
}

/** Whether the action finds it out by itself where nothing gives it. */
export function isSpared(action: ActionName, parameter: string): boolean {
  const { spared = [] }: Definition = actions[action];
  return spared.includes(parameter);
}
export const actionNames = Object.keys(actions) as readonly ActionName[];

/** Those that find by the attempt what they have begun, and only wait for it then. */
export const waitingActions: readonly ActionName[] = ['replay', 'promote', 'redrive'];

/** Those that do little and last long: until somebody has approved, a replay has ended or a lag is low. */
export const waitsLong = (action: ActionName): boolean =>
  action === 'await-lag' || waitingActions.includes(action);

/**
 * Whether another worker may go on with an attempt whose worker was lost. What else touches Reprise's own rows alone
 * notes there what it has looked at: once more does no harm.
 */
export const goesOn = (attempt: {
  readonly action: ActionName;
  readonly touches: Touches;
  /** It may have changed something. */
  readonly changing: boolean;
}): boolean => !attempt.changing || attempt.touches !== 'outside' || waitingActions.includes(attempt.action);
export type ActionParams<Name extends ActionName> = z.output<(typeof actions)[Name]['params']>;
