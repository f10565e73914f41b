import type { IncidentClass } from '../contract/index.ts';
import type { ActionName } from './actions.ts';

/**
 * Terminology: a *runbook* is a file; its *version* is the digest of the file's bytes. A *run* is one execution of a
 * version. A *step* is done once or more in a run: each time is an *attempt*. A step with an action is done by
 * Reprise, one without by a person.
 */
export const sectionNames = ['symptoms', 'diagnosis', 'mitigation', 'post-incident'] as const;
export type SectionName = (typeof sectionNames)[number];

/** Types of what a run is given at its beginning. */
export const parameterTypes = [
  'text',
  'integer',
  'offset',
  'contract',
  'state',
  'group',
  'topic',
  'service',
] as const;
export type ParameterType = (typeof parameterTypes)[number];

export type Parameter = {
  readonly name: string;
  readonly type: ParameterType;
  readonly title: string;
  readonly required: boolean;
  readonly default: string | number | null;
  /**
   * Where its value is proposed from: `incident.contract`, `incident.facts.<name>`, `incident.cause.<n>` (the n-th part
   * of its cause between colons, from 0), `contract.topic`. null: only people say it.
   */
  readonly from: string | null;
};

/**
 * A value in a step's `with`: as it stands, or one reference alone, or text with references in it, or a list or fields
 * that have a reference somewhere inside.
 */
export type Argument =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'template'; readonly parts: readonly (string | Reference)[] }
  | { readonly kind: 'list'; readonly items: readonly Argument[] }
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, Argument>> };

/** `${name}` is a parameter of the run, `${step.output}` what a step gave when it last succeeded. */
export type Reference = { readonly step: string | null; readonly name: string };

export const comparisons = ['==', '!=', '<', '<=', '>', '>='] as const;
export type Comparison = (typeof comparisons)[number];

/** `${group.lagMs} > 60000 and ${decode.decodes} == false`: all have to hold. */
export type Condition = {
  readonly text: string;
  readonly all: readonly {
    readonly left: Reference;
    readonly is: Comparison;
    readonly right: string | number | boolean | Reference;
  }[];
};

export type StepAction = {
  readonly name: ActionName;
  readonly args: Readonly<Record<string, Argument>>;
  readonly timeoutSeconds: number;
  /** What ticks a symptom: whether what it gave shows it. null: that it was done. */
  readonly shows: Condition | null;
};

export type Step = {
  /** Unique within the runbook; of the action block, or made of the heading. */
  readonly id: string;
  readonly section: SectionName;
  readonly title: string;
  /** Markdown, without the action block. */
  readonly body: string;
  /** Where in the file its heading stands, from 1. */
  readonly line: number;
  readonly action: StepAction | null;
  /** Only then is it part of the run. */
  readonly when: Condition | null;
};

export type Runbook = {
  readonly id: string;
  readonly title: string;
  /** One of {@link failureModes}. */
  readonly failureMode: FailureMode;
  readonly severity: IncidentClass;
  /** Contract ids; empty: any. */
  readonly contracts: readonly string[];
  readonly owner: string;
  /** YYYY-MM-DD; null: never, which is shown. */
  readonly lastRehearsed: string | null;
  /** Kinds of incidents that it is proposed for, besides those that name it. */
  readonly incidents: readonly string[];
  readonly parameters: readonly Parameter[];
  /** Markdown before the first section. */
  readonly introduction: string;
  readonly steps: readonly Step[];
};

/** Where a file is wrong. */
export type RunbookMistake = { readonly line: number; readonly sentence: string };

/** The failures of the field, and what Reprise itself can find. */
export const failureModes = [
  'message-lost-before-send',
  'duplicate-send',
  'serialization-failure',
  'broker-unreachable',
  'one-broker-down',
  'all-brokers-down',
  'leader-election',
  'disk-full',
  'crash-mid-processing',
  'poison-message',
  'slow-consumer',
  'rebalance-storm',
  'split-brain',
  'states-disagree',
  'duplicate-budget-breach',
  'lost-event',
  'projection-rebuild',
  'erased-subject-in-replay',
  'failed-compensation',
  'evidence-audit-mismatch',
  'restore-from-archive',
] as const;
export type FailureMode = (typeof failureModes)[number];
