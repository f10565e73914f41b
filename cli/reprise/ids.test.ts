import { expect, it } from 'vitest';
import { showEvidence } from './evidence.ts';
import { showReplay } from './replays.ts';
import { diffStates } from './states.ts';
import type { CommandContext, World } from './world.ts';

const world = {
  queries: new Proxy(
    {},
    { get: () => () => Promise.reject(new Error('invalid input syntax for type uuid: "nope"')) },
  ),
} as unknown as World;
const context = {} as CommandContext;

it.each([
  ['evidence show', () => showEvidence(context, world, 'nope', {})],
  ['evidence show --attachment', () => showEvidence(context, world, 'nope', { attachment: 'remarks' })],
  ['replays show', () => showReplay(context, world, 'nope', {})],
  ['states diff --replay', () => diffStates(context, world, 'inventory', { replay: 'nope' })],
])('%s says that there is none with an id that can be none', async (_, command) => {
  await expect(command()).rejects.toThrow(/There is no (replay|evidence record) nope; reprise .* list names/);
});
