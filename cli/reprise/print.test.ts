import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { endQuietlyWithReader } from './print.ts';

it('a reader that has gone away ends a command quietly, and no other fault', () => {
  const stream = new PassThrough();
  endQuietlyWithReader(stream);
  const fault = (code: string) => Object.assign(new Error(`write ${code}`), { code });
  expect(() => stream.emit('error', fault('EPIPE'))).not.toThrow();
  expect(() => stream.emit('error', fault('ENOSPC'))).toThrow('write ENOSPC');
});
