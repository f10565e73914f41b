import { type ErrorCode, RepriseError } from '../../domain/shared/errors.ts';

/** What our own triggers and constraints refuse to people: by SQLSTATE, or by the name of the constraint. */
const byState: Readonly<Record<string, ErrorCode>> = {
  RP001: 'forbidden',
  RP002: 'replay-state-conflict',
  RP003: 'promotion-conflict',
  RP004: 'incident-conflict',
  RP005: 'redrive-conflict',
  RP006: 'runbook-conflict',
  RP007: 'review-conflict',
};

const UNIQUE = '23505';

/** As whoever asks hears it, or null where it is no refusal but a fault. */
export function refusalOf(error: unknown): RepriseError | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  if (error.code === UNIQUE && 'constraint' in error && error.constraint === 'incident_open_once')
    return new RepriseError(
      'incident-conflict',
      'Another incident of the same cause is open: go on with that one.',
      {
        cause: error,
      },
    );
  if (error.code === UNIQUE && 'constraint' in error && error.constraint === 'runbook_attempt_one_at_a_time')
    return new RepriseError('runbook-conflict', 'Meanwhile somebody else has begun this step.', {
      cause: error,
    });
  const code = byState[error.code];
  if (code === undefined) return null;
  const { message } = error;
  return new RepriseError(code, `${message.charAt(0).toUpperCase()}${message.slice(1)}.`, { cause: error });
}
