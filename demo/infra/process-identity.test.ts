import { expect, test } from 'vitest';
import { identify, isRunning, parseIdentity, parseStartTicks } from './process-identity.ts';

/** A line of /proc/PID/stat whose field 22 is 8675309. */
const statLine = (command: string, state = 'S') =>
  `4242 (${command}) ${state} 1 4242 4242 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 8675309 123 456`;

test.each(['node', 'a b', '((weird) name)', ') S 1 2 3'])(
  'the start time is found behind the command %j',
  (command) => {
    expect(parseStartTicks(statLine(command))).toBe('8675309');
  },
);

test('a dead process that nobody has collected does not run', () => {
  expect(parseStartTicks(statLine('node', 'Z'))).toBeNull();
});

test('a torn line has no start time', () => {
  expect(parseStartTicks('4242 (node) S 1')).toBeNull();
});

test('this process is recognised by its pid and start time', () => {
  const self = identify(process.pid);
  expect(self).not.toBeNull();
  expect(self !== null && isRunning(self)).toBe(true);
});

test('another process with a recorded pid is not the recorded one', () => {
  const self = identify(process.pid);
  expect(isRunning({ pid: process.pid, startedAt: `${self?.startedAt} earlier` })).toBe(false);
});

test.each([
  '',
  '{',
  'null',
  '7',
  '{"pid":1}',
  '{"pid":"1","startedAt":"x"}',
  '{"pid":-1,"startedAt":"x"}',
  '{"pid":0,"startedAt":"x"}',
  '{"pid":1.5,"startedAt":"x"}',
  '{"pid":1,"startedAt":""}',
])('a record that is not one (%s) names nobody', (text) => {
  expect(parseIdentity(text)).toBeNull();
});
