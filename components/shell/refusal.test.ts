import { TRPCClientError } from '@trpc/client';
import { describe, expect, it } from 'vitest';
import { refusalOf, refusalSentence } from './refusal.ts';

const failed = (code: string, message: string) =>
  new TRPCClientError(message, { result: { error: { message, code: -32_000, data: { code } } } });

describe('a page that was refused', () => {
  it('is told from one that broke', () => {
    expect(refusalOf(failed('NOT_FOUND', 'There is no contract x.'))?.title).toBe('Not found');
    expect(refusalOf(failed('FORBIDDEN', 'This needs the right "read".'))?.title).toBe('Not allowed');
    expect(refusalOf(failed('INTERNAL_SERVER_ERROR', 'Reprise failed to answer.'))).toBeNull();
    expect(refusalOf(new Error('fetch failed'))).toBeNull();
  });

  it('is told from one whose rows were erased', () => {
    const data = { code: 'PRECONDITION_FAILED', reprise: { code: 'rows-erased', where: null } };
    const error = new TRPCClientError('was erased', {
      result: { error: { message: 'was erased', code: -32_000, data } },
    });
    expect(refusalOf(error)?.title).toBe('Erased');
    expect(refusalOf(failed('PRECONDITION_FAILED', 'The history is away.'))).toBeNull();
  });

  it('says its own sentence, and not the list of what is wrong with the input', () => {
    expect(refusalSentence(failed('NOT_FOUND', 'There is no contract x.'))).toBe('There is no contract x.');
    expect(refusalSentence(failed('BAD_REQUEST', '[ { "code": "invalid_format" } ]'))).toBe(
      'This address asks for something that can’t be.',
    );
  });
});
