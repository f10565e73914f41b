/**
 * What the role that Reprise runs by may do, table by table: as much as the code does, and no more. Everything is read;
 * what is recorded is added to; where rows change, the columns that do are named. A lock (FOR UPDATE, FOR SHARE) needs a
 * column that may be changed. Applied by the owner after the migrations; a test finds a table that is not declared.
 */
export type TableGrant = {
  /** Rows may be added: with every column, or with these alone. */
  readonly insert?: true | readonly string[];
  readonly update?: readonly string[];
  readonly delete?: true;
};

export const tableGrants: Readonly<Record<string, TableGrant>> = {
  // What migrations have been applied is read, so that a process can say what is missing.
  _prisma_migrations: {},

  contract_version: { insert: true, update: ['description'] },
  contract_problem: { insert: true, delete: true },
  contract_file: { insert: true, update: ['file', 'gone_at'] },
  runbook_version: { insert: true },
  runbook_current: { insert: true, update: ['digest', 'file', 'gone_at'] },
  runbook_problem: { insert: true, delete: true },
  lease: { insert: true, update: ['holder', 'until'], delete: true },
  lag_subject: {
    insert: ['contract_id', 'kind', 'name', 'topic'],
    update: [
      'topic',
      'measured_from',
      'retired_at',
      'step_ms',
      'over_ms',
      'sampled_at',
      'group_state',
      'members',
      'verdict',
      'rule',
      'rule_partition',
      'verdict_since',
      'problem',
      'problem_at',
      'partitions',
      'waiting',
      'moved_at',
      'over_since',
      'minutes_until',
      'hours_until',
    ],
  },
  lag_sample: { insert: true, delete: true },
  lag_rollup: { insert: true, delete: true },
  readiness: { insert: true, update: ['version', 'checks', 'checked_at'] },

  budget_hour: { insert: true, update: ['minutes', 'total', 'bad', 'unknown'], delete: true },
  budget_tick: { insert: true, update: ['total', 'bad', 'unknown'], delete: true },
  budget_spend: {
    insert: true,
    update: ['amount', 'sentence', 'link', 'to_at', 'taken_back_at', 'taken_back_sentence'],
    delete: true,
  },
  // They go with their spend.
  budget_spend_tick: { insert: true, update: ['amount'] },
  budget_series: { insert: true, update: ['first_at'] },
  budget_exclusion: { insert: true },
  budget_exclusion_end: { insert: true },
  budget_alert: { insert: true, update: ['class', 'why', 'spent', 'told_at'], delete: true },

  // A replay begins without a result, and its plan, scope, requester and reason are what they were.
  replay: {
    insert: [
      'id',
      'contract_id',
      'contract_version',
      'plan',
      'plan_hash',
      'scope',
      'status',
      'rate_limit',
      'requested_by',
      'reason',
      'failure_code',
      'failure',
    ],
    update: [
      'status',
      'intent',
      'resume_status',
      'rate_limit',
      'started_at',
      'ended_at',
      'updated_at',
      'failure_code',
      'failure',
      'cancelled_by',
      'cancel_reason',
      'counters',
      'shadow_digest',
      'history_digest',
      'confidence',
      'confidence_reasons',
      'agreement',
      'coverage',
      'discrepancies',
      'evidence_id',
      'problem',
      'retries',
      'retry_at',
      'lasting',
      'lease_owner',
      'lease_until',
      'fencing_token',
    ],
  },
  replay_partition: {
    insert: ['replay_id', 'partition', 'from', 'to', 'cursor', 'counters'],
    update: [
      'cursor',
      'status',
      'counters',
      'block_digests',
      'checkpoints',
      'lease_owner',
      'lease_until',
      'fencing_token',
      'folded_ms',
      'events_per_second',
      'taken_over',
      'seam',
      'updated_at',
    ],
  },
  previewed_plan: { insert: true, update: ['expires_at'], delete: true },
  replay_finding: { insert: true, update: ['to', 'detail'], delete: true },
  replay_finding_count: { insert: true, update: ['count'], delete: true },
  replay_comparison: { insert: true, delete: true },
  replay_invariant: { insert: true, delete: true },
  discrepancy: { insert: true, update: ['explanation', 'cause'], delete: true },
  shadow_state: { insert: true, update: ['state', 'last_offset', 'events'], delete: true },
  seen_block: { insert: true },
  key_trace: { insert: true, update: ['status', 'steps', 'problem', 'requested_at', 'reader', 'ready_at'] },
  worker: { insert: true, update: ['seen_at', 'threads'], delete: true },

  // What is erased from the attachments is erased by the owner.
  // The evidence log is added to; its head and hashes follow from its entries, by functions of the owner's.
  log_head: {},
  log_entry: { insert: ['index', 'evidence_id', 'envelope', 'leaf_hash'] },
  log_hash: {},
  log_checkpoint: { insert: ['size', 'root', 'note'] },
  log_cosignature: { insert: ['size', 'name', 'key_id', 'public_key', 'seconds', 'signature'] },
  log_audit: { insert: ['ran_at', 'size', 'compared', 'findings', 'place', 'part'] },
  checkpoint_sink: {
    insert: true,
    update: ['seen_at', 'last_success_at', 'last_size', 'last_problem', 'last_problem_at'],
  },
  evidence_key: { insert: ['key_id', 'public_key'] },

  // What records are found by; their words go with what is erased.
  evidence_index: { insert: true, update: ['words'] },
  saved_view: { insert: true, update: ['name', 'query', 'shared', 'changed_at'], delete: true },
  evidence_record: { insert: true },
  evidence_attachment: { insert: true },
  // What was erased is read by pages, and written by the owner alone.
  erasure: {},
  audit_entry: { insert: ['actor', 'action', 'subject', 'outcome', 'detail', 'origin'] },

  decision: {
    insert: [
      'id',
      'subject_kind',
      'subject_id',
      'contract_id',
      'plan_hash',
      'person_id',
      'verdict',
      'reason',
      'decided_at',
      'expires_at',
    ],
    update: ['voided_at', 'void_reason'],
  },
  break_glass: {
    insert: [
      'id',
      'subject_kind',
      'subject_id',
      'contract_id',
      'plan_hash',
      'first_by',
      'first_reason',
      'expires_at',
    ],
    update: ['second_by', 'second_reason', 'second_at', 'closed_by', 'conclusion', 'closed_at', 'voided_at'],
  },
  approval_look: { insert: true, update: ['looked_at', 'seen', 'previous_at', 'previous_seen'] },
  value_reveal: { insert: true, update: ['until'] },
  promotion: {
    insert: [
      'id',
      'contract_id',
      'contract_version',
      'replay_id',
      'derived_state',
      'plan',
      'plan_hash',
      'status',
      'requested_by',
      'reason',
      'undoes',
    ],
    update: [
      'status',
      'started_at',
      'ended_at',
      'failure_code',
      'failure',
      'undone_by',
      'outcome',
      'evidence_id',
      'problem',
      'problem_since',
      'retries',
      'retry_at',
      'lasting',
      'lease_owner',
      'lease_until',
      'fencing_token',
    ],
  },
  promotion_change: {
    insert: ['promotion_id', 'key', 'change', 'magnitude'],
    update: ['outcome', 'why', 'before', 'after'],
  },

  person: {
    insert: true,
    update: ['name', 'roles', 'disabled_at', 'notices_by_email', 'session_epoch', 'updated_at'],
  },
  person_session: { insert: true, delete: true },
  authenticator: {
    insert: true,
    update: ['sealed', 'last_step', 'created_at', 'confirmed_at'],
    delete: true,
  },
  recovery_code: { insert: true, update: ['used_at'], delete: true },
  passkey: { insert: true, update: ['name', 'counter', 'backed_up', 'last_used_at'], delete: true },
  // Never changed: it is locked.
  sign_in_step: { insert: true, update: ['detail'], delete: true },
  sign_in_account: { insert: true, update: ['password', 'vouched_at', 'updated_at'], delete: true },
  sign_in_verification: { delete: true },
  sign_in_rate: { insert: true, update: ['key', 'count', 'last_request'], delete: true },
  invitation: { insert: true, update: ['used_at', 'expires_at'] },
  api_token: { insert: true, update: ['last_used_at', 'revoked_at'] },
  request_rate: { insert: true, update: ['count'], delete: true },

  // What an incident was opened for and what happened stays; where it stands moves on.
  incident: {
    insert: true,
    update: [
      'class',
      'class_said_by',
      'status',
      'title',
      'facts',
      'href',
      'runbook',
      'scope',
      'clock_from',
      'respond_by',
      'escalate_at',
      'asked',
      'acknowledged_at',
      'acknowledged_by',
      'assignee',
      'cleared_at',
      'returned_at',
      'measured_at',
      'last_told_at',
      'told',
      'recovered_at',
      'recovery_evidence_id',
      'recovery_reason',
      'reopened',
      'version',
    ],
  },
  // When something was recorded is said by the database alone.
  incident_entry: {
    insert: [
      'incident_id',
      'kind',
      'occurred_at',
      'actor',
      'text',
      'detail',
      'link',
      'evidence_id',
      'replay_id',
      'promotion_id',
      'file_id',
      'corrects',
    ],
  },
  incident_star: { insert: ['entry_id', 'starred', 'actor'] },
  incident_file: {
    insert: ['id', 'incident_id', 'name', 'media_type', 'bytes', 'sha256', 'content', 'added_by'],
  },
  incident_evidence: { insert: ['incident_id', 'evidence_id', 'linked_by'] },
  review: {
    insert: ['id', 'incident_id', 'facts', 'facts_at', 'created_by'],
    update: [
      'status',
      'revision',
      'facts',
      'facts_at',
      'changed',
      'completed_digest',
      'completed_by',
      'completed_at',
    ],
  },
  review_text: {
    insert: ['review_id', 'section', 'version', 'text', 'base_version', 'merge', 'written_by'],
  },
  review_action: {
    insert: [
      'action_id',
      'review_id',
      'version',
      'title',
      'owner',
      'due_on',
      'link',
      'done_when',
      'dropped',
      'written_by',
    ],
  },
  review_action_mark: { insert: ['action_id', 'review_id', 'done', 'note', 'marked_by'] },
  review_signing: { insert: true },
  review_reminder: { insert: ['action_id', 'due_on'] },
  saga_watch: {
    insert: true,
    update: ['identity', 'visible_before', 'told_stuck', 'followed_at', 'problem'],
  },
  saga_cursor: { insert: true, update: ['next', 'missed', 'unread'], delete: true },
  saga_run: {
    insert: true,
    update: [
      'lifecycle',
      'stuck',
      'step',
      'marks',
      'end',
      'started_at',
      'last_at',
      'ended_at',
      'last_type',
      'last_place',
      'events',
      'oddities',
    ],
    delete: true,
  },
  saga_event: {
    insert: true,
    update: ['key', 'event_id', 'type', 'roles', 'oddities', 'at'],
    delete: true,
  },
  saga_gap: { insert: true, delete: true },

  // Runs of runbooks: what was asked for, said and decided stays as it was.
  runbook_run: { insert: true, update: ['status', 'leader', 'ended_at', 'version'] },
  runbook_preview: { insert: true, delete: true },
  runbook_attempt: {
    insert: true,
    update: [
      'status',
      'started_at',
      'ended_at',
      'tries',
      'changing_since',
      'cancelled_by',
      'cancel_reason',
      'sentence',
      'code',
      'outputs',
      'shown',
      'links',
      'evidence_id',
      'lease_owner',
      'lease_until',
      'fencing_token',
    ],
  },
  runbook_output: { insert: true },
  runbook_mark: { insert: true },
  runbook_file: { insert: true },
  runbook_decision: { insert: true, update: ['voided_at', 'void_reason'] },

  notice: { insert: true, delete: true },
  notice_delivery: {
    insert: true,
    update: ['state', 'tries', 'next_try_at', 'lease_until', 'problem', 'ended_at'],
  },
  notice_channel: {
    insert: true,
    update: [
      'configured',
      'target',
      'seen_at',
      'configured_at',
      'last_success_at',
      'last_problem',
      'last_problem_at',
    ],
  },

  // What is audited of deliveries: cursors move, ids within the look-back come and go, counts and findings are added.
  delivery_audit: {
    insert: true,
    update: [
      'history_identity',
      'look_back_hours',
      'since',
      'started_at',
      'audited_at',
      'problem',
      'problem_since',
      'sent_problem',
      'pruned_until_ms',
    ],
  },
  delivery_cursor: {
    insert: true,
    update: [
      'next',
      'transaction',
      'log_end',
      'read_until',
      'events',
      'sent_from',
      'high',
      'closed_until',
      'mark_at',
      'mark_end',
    ],
    delete: true,
  },
  delivered_id: { insert: true, update: ['content', 'offset', 'at_ms', 'partition'], delete: true },
  awaited_event: {
    insert: true,
    update: ['balance', 'at', 'due_at', 'position', 'partition', 'offset', 'lost', 'lost_at'],
    delete: true,
  },
  sent_cursor: {
    insert: true,
    update: [
      'identity',
      'top',
      'settled',
      'seen_xmin',
      'mark_xmax',
      'mark_top',
      'mark_at',
      'read_at',
      'pruned',
      'reaches_back_to',
      'started_at',
      'lowest',
      'file_node',
      'pass_position',
      'pass_to',
      'pass_xmin',
      'pass_at',
    ],
    delete: true,
  },
  sent_position: { insert: true, delete: true },
  delivery_count: {
    insert: true,
    update: [
      'events',
      'redelivered',
      'conflicting',
      'undecodable',
      'without_id',
      'missing',
      'sent',
      'lost',
      'late',
      'unsent',
      'untold',
    ],
    delete: true,
  },
  delivery_finding: { insert: true, update: ['arrived_at'], delete: true },

  dead_letter_topic: {
    insert: ['topic', 'contract_id', 'state', 'others'],
    update: [
      'identity',
      'contract_id',
      'state',
      'others',
      'owned_by',
      'read_at',
      'recreated_at',
      'cut_at',
      'cut',
      'problem',
      'retired_at',
    ],
  },
  dead_letter_cursor: { insert: true, update: ['next', 'start', 'missed', 'owner_next'], delete: true },
  dead_letter_group: { insert: true, update: ['letters', 'gone', 'reprocessed', 'first_at', 'last_at'] },
  dead_letter: { insert: true, update: ['identity', 'gone', 'contract_id', 'state'] },
  redrive: {
    insert: true,
    update: [
      'status',
      'problem',
      'batch',
      'batch_end',
      'dead_from',
      'sending_from',
      'settle_to',
      'may_send',
      'next_send_at',
      'seen',
      // Of the release before, whose workers may still run.
      'seen_at',
      'still_ms',
      'looked_at',
      'tried_at',
      'started_at',
      'ended_at',
    ],
  },
  redrive_letter: {
    insert: true,
    update: ['status', 'sent_partition', 'sent_offset', 'sent_at', 'dead_to', 'ended_at', 'cause', 'awaited'],
  },
  redrive_decision: { insert: true, update: ['voided_at', 'void_reason'] },
  redrive_wait_end: { insert: true },
  redrive_edit: { insert: true },
  /** Triggers alone write it. */
  redrive_tally: {},
};

/** Numbers are taken from them, and never set back. */
export const sequenceGrants: readonly string[] = [
  'audit_entry_id_seq',
  'incident_entry_id_seq',
  'incident_star_id_seq',
  'review_action_id_seq',
  'review_action_mark_id_seq',
  'review_text_id_seq',
  'delivery_audit_number_seq',
  'delivery_finding_id_seq',
  'lag_subject_id_seq',
  'live_event_number',
  'log_audit_id_seq',
  'promotion_token',
  'replay_finding_id_seq',
  'saga_gap_id_seq',
  'runbook_mark_id_seq',
  'runbook_token',
  'runbook_problem_id_seq',
];

/** Of those that nobody may call but who is named; the others read only what who calls may read. */
export const functionGrants: readonly string[] = [
  'reprise_hold_log(text)',
  'reprise_settle_owned(text, text, integer, bigint[])',
  'reprise_take_statistics()',
];

export type Privilege = {
  readonly kind: 'TABLE' | 'SEQUENCE';
  readonly name: string;
  readonly privilege: string;
  /** null: of the whole table. */
  readonly column: string | null;
};

/** The declaration, one privilege each. */
export function declaredPrivileges(): readonly Privilege[] {
  const ofTables = Object.entries(tableGrants).flatMap(([name, { insert, update, delete: deletes }]) => {
    const of = (privilege: string, column: string | null = null): Privilege => ({
      kind: 'TABLE',
      name,
      privilege,
      column,
    });
    return [
      of('SELECT'),
      ...(insert === true ? [of('INSERT')] : (insert ?? []).map((column) => of('INSERT', column))),
      ...(update ?? []).map((column) => of('UPDATE', column)),
      ...(deletes === true ? [of('DELETE')] : []),
    ];
  });
  const ofSequences = sequenceGrants.map(
    (name): Privilege => ({ kind: 'SEQUENCE', name, privilege: 'USAGE', column: null }),
  );
  return [...ofTables, ...ofSequences];
}
