import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Against } from '../../domain/runbook/index.ts';
import { parseRunbook, runbookFiles } from './runbook-files.ts';

const file = `---
id: stuck
title: A consumer is stuck
failure-mode: poison-message
severity: P2
contracts: [inventory]
owner: stock-team
last-rehearsed: 2026-11-20
incidents: [stuck-offset, budget:lag]
parameters:
  - name: group
    type: group
    title: The group
    from: incident.facts.group
---

# A consumer is stuck

Read [this](slow-consumer.md) first.

## Symptoms

### Inspect the group

Lag grows.

\`\`\`yaml action
id: group
action: inspect-group
with:
  group: \${group}
  topic: inventory.events
shows: \${group.stuckOffset} >= 0
\`\`\`

And stands still.

## Diagnosis

### Decode it

\`\`\`yaml action
id: decode
action: decode-record
with:
  contract: inventory
  partition: \${group.stuckPartition}
  offset: \${group.stuckOffset}
timeout: 10
when: \${group.lag} > 0
\`\`\`

### Ask the producer's owner

\`\`\`yaml step
when: \${decode.decodes} == false
\`\`\`

## Mitigation

### Move on

## Post-incident

### Write a contract test
`;

const against: Against = {
  today: '2026-11-27',
  contracts: { ids: ['inventory', 'orders'], where: 'registered' },
};
const parse = (text: string) => parseRunbook(new TextEncoder().encode(text), 'stuck.md', against);
const ofBytes = (bytes: Uint8Array) => parseRunbook(bytes, 'a.md', against);

/** \`line: sentence\` of each mistake. */
function mistakes(text: string): readonly string[] {
  const read = parse(text);
  return read.kind === 'read' ? [] : read.problems.map(({ line, sentence }) => `${line}: ${sentence}`);
}

const block = (text: string) => `\`\`\`yaml action\naction: notify\n${text}\`\`\``;
const listed = (before: string, after: string) =>
  Array.from({ length: 9000 }, (_, at) => `${before}k${at}${after}\n`).join('');
const unknownBlock = /^27: a block .* is none that Reprise knows: write `yaml action`/;

function replaced(from: string, to: string): string {
  if (!file.includes(from)) throw new Error(`the file does not hold ${from}`);
  return file.replace(from, to);
}

describe('a folder of runbooks', () => {
  it('leaves no file unread that was to be one, and reads none that an editor keeps beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'runbooks-'));
    const names = ['stuck.md', 'upper.MD', 'other.markdown', '.#stuck.md', 'README.md', 'stuck.md~', 'a.txt'];
    for (const name of names) await writeFile(join(folder, name), file);
    await mkdir(join(folder, 'folder.md'));
    const read = await runbookFiles(folder).readAll(against);
    await rm(folder, { recursive: true });
    expect(read.map((each) => (each.kind === 'read' ? each.file.file : each.problems))).toEqual([
      [
        expect.objectContaining({
          file: 'folder.md',
          line: 1,
          sentence: 'it is no file',
        }),
      ],
      [expect.objectContaining({ file: 'other.markdown', sentence: expect.stringMatching(/ends in \.md/) })],
      'stuck.md',
      [expect.objectContaining({ file: 'upper.MD', sentence: expect.stringMatching(/ends in \.md/) })],
    ]);
  });

  it('waits for no pipe, and for no device that never ends', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'runbooks-'));
    execFileSync('mkfifo', [join(folder, 'pipe.md')]);
    await symlink('/dev/zero', join(folder, 'zero.md'));
    await writeFile(join(folder, 'real.txt'), file);
    await symlink(join(folder, 'real.txt'), join(folder, 'link.md'));
    const read = await runbookFiles(folder).readAll(against);
    await rm(folder, { recursive: true });
    expect(read.map((each) => (each.kind === 'read' ? each.file.file : each.problems))).toEqual([
      'link.md',
      [expect.objectContaining({ file: 'pipe.md', sentence: 'it is no file' })],
      [expect.objectContaining({ file: 'zero.md', sentence: 'it is no file' })],
    ]);
  });
});

describe('a runbook file', () => {
  it('comes to its front matter, its introduction and its steps with their lines, in order', () => {
    const read = parse(file);
    if (read.kind === 'wrong') throw new Error(JSON.stringify(read.problems));
    const { runbook, digest } = read.file;
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(runbook).toMatchObject({
      id: 'stuck',
      failureMode: 'poison-message',
      lastRehearsed: '2026-11-20',
      introduction: 'Read [this](slow-consumer.md) first.',
      parameters: [
        { name: 'group', type: 'group', required: true, default: null, from: 'incident.facts.group' },
      ],
    });
    expect(runbook.steps.map(({ id, section, line }) => [id, section, line])).toEqual([
      ['group', 'symptoms', 23],
      ['decode', 'diagnosis', 40],
      ['ask-the-producers-owner', 'diagnosis', 53],
      ['move-on', 'mitigation', 61],
      ['write-a-contract-test', 'post-incident', 65],
    ]);
    const [group, decode, ask] = runbook.steps;
    expect(group?.body).toBe('Lag grows.\n\nAnd stands still.');
    expect(group?.action).toMatchObject({
      name: 'inspect-group',
      timeoutSeconds: 30,
      shows: { all: [{ right: 0 }] },
    });
    expect(decode?.action?.timeoutSeconds).toBe(10);
    expect(decode?.when?.text).toBe('${group.lag} > 0');
    expect(ask).toMatchObject({ action: null, when: { text: '${decode.decodes} == false' } });
  });

  it('is the same runbook with the line ends of other systems, and another version', () => {
    const other = parse(file.replaceAll('\n', '\r\n'));
    const one = parse(file);
    if (one.kind === 'wrong' || other.kind === 'wrong') throw new Error('wrong');
    expect(other.file.runbook).toEqual(one.file.runbook);
    expect(other.file.digest).not.toBe(one.file.digest);
    const lone = parse(file.replace('Lag grows.\n', 'Lag\rgrows.\n'));
    if (lone.kind === 'wrong') throw new Error(JSON.stringify(lone.problems));
    const bodies = lone.file.runbook.steps.map(({ body }) => body);
    expect(bodies[0]).toBe('Lag\ngrows.\n\nAnd stands still.');
    expect(bodies.slice(1)).toEqual(one.file.runbook.steps.slice(1).map(({ body }) => body));
  });

  it.each([
    'action',
    'yaml-action',
    'yaml{action}',
    'yaml:action',
    'json action',
    'aciton',
    'acton',
    'yaml-actiom',
  ])('takes a block `%s` for no text of people', (words) => {
    expect(mistakes(replaced('yaml action', words)).join('\n')).toMatch(unknownBlock);
  });

  it.each(['yaml', 'yml', ''])('takes an action in a block `%s` for no text of people', (words) => {
    expect(mistakes(replaced('yaml action', words)).join('\n')).toMatch(
      /^29: a block with `action:` or a condition that is no block `yaml action`/,
    );
  });

  it.each([
    '  action: control-consumer\n  with:\n    service: a',
    '# so\n---\n  action: anything',
    '"action": anything',
    "'action' : anything",
    '- action: anything',
    '{ action: control-consumer, with: { service: a } }',
    'steps:\n  - action: "control-consumer"',
    'steps:\n  - when: ${group.lag} > 0',
  ])('takes `%s` in a block `yaml` for no text of people', (text) => {
    expect(mistakes(replaced('Lag grows.', `\`\`\`yaml\n${text}\n\`\`\``)).join('\n')).toMatch(
      /^2[678]: a block with `action:` or a condition that is no block `yaml action`/,
    );
  });

  it('leaves blocks and words that people read', () => {
    for (const text of [
      '```sh\nsort -u a\n# a word\n```',
      '```yaml\nwith: a\n```',
      '`yaml action` begins a block.',
      '````md\n### A heading\n\n```sh\nls\n```\n````',
      '> ```sh\n> ls\n> ```\n\n- so:\n  ```\n  ls\n  ```',
      '```\n```\n\n    ls',
      '[Read][a].\n\n[a]: slow-consumer.md',
      '#42 is its ticket.',
      'action: ask the on-call engineer',
      '- Action: replay the orders of that day',
      '```yaml\nrelabel_configs:\n  - action: keep\n```',
      '~~step 3~~ is obsolete',
    ])
      expect(mistakes(replaced('Lag grows.', text))).toEqual([]);
  });

  it.each([
    ['no front matter', replaced('---\nid', 'id'), /^1: a runbook begins with front matter/],
    ['an unknown field', replaced('owner:', 'owners:'), /^7: there is no field `owners`/],
    ['a missing field', replaced('owner: stock-team\n', ''), /`owner` is missing/],
    [
      'an unknown failure mode',
      replaced('poison-message', 'poison'),
      /^4: `failure-mode`: "poison" is none of .*poison-message/,
    ],
    ['an unknown severity', replaced('P2', 'P5'), /^5: `severity`/],
    ['a day that is none', replaced('2026-11-20', '2026-02-30'), /^8: `last-rehearsed`: is a day/],
    ['an unknown kind of incidents', replaced('budget:lag', 'lag'), /^9: `incidents.1`: begins with a kind/],
    ['an unknown type', replaced('type: group', 'type: thing'), /^12: `parameters.0.type`/],
    ['a source that is none', replaced('incident.facts.group', 'incident.group'), /^14: `parameters.0.from`/],
    [
      'a default of another type',
      replaced('    type: group', '    type: integer\n    default: many'),
      /^13: the default of `group`/,
    ],
    [
      'a heading that is not the title',
      replaced('# A consumer is stuck', '# Stuck'),
      /^17: the heading is not the title/,
    ],
    ['a section left out', replaced('## Diagnosis', '#### Diagnosis'), /there is no section ## Diagnosis/],
    ['a section of another name', replaced('## Mitigation', '## Fix'), /^59: “Fix” is none of the four/],
    ['a section too early', replaced('## Diagnosis', '## Post-incident'), /stands twice|stands too late/],
    ['a section without steps', replaced('### Move on\n', ''), /^59: ## Mitigation has no step/],
    [
      'text of no step',
      replaced('## Mitigation\n', '## Mitigation\n\nlost\n'),
      /^61: this is part of no step/,
    ],
    [
      'an unknown action',
      replaced('action: inspect-group', 'action: run-shell'),
      /^29: `action`: "run-shell" is no action: there are inspect-group/,
    ],
    ['an unknown block', replaced('yaml action', 'yaml actions'), unknownBlock],
    ['a block in capitals', replaced('yaml action', 'YAML action'), unknownBlock],
    ['a block of another word', replaced('yaml action', 'yaml Action'), unknownBlock],
    ['a fence of two', replaced('```yaml action', '``yaml action'), /^27: this begins no block/],
    ['a fence of one', replaced('```yaml action', '`yaml action'), /^27: this begins no block/],
    ['an indented fence', replaced('```yaml action', '    ```yaml action'), /^27: this begins no block/],
    [
      'a block that a block before it swallowed',
      replaced('Lag grows.\n', '```sh\nuptime\n``\n'),
      /^29: this begins no block/,
    ],
    ['a field of a block', replaced('timeout: 10', 'timeouts: 10'), /there is no field `timeouts`/],
    ['a time-out of none', replaced('timeout: 10', 'timeout: 0'), /`timeout`/],
    [
      'a parameter that the action has not',
      replaced('  topic: inventory.events\n', '  topics: a\n'),
      /^32: inspect-group takes no `topics`: it takes group, topic/,
    ],
    ['a parameter that it needs', replaced('  topic: inventory.events\n', ''), /inspect-group needs `topic`/],
    [
      'a value it does not take',
      replaced('topic: inventory.events', 'topic: [a]'),
      /^32: `topic`: .*expected string/,
    ],
    [
      'an output of another type',
      replaced('${group.stuckPartition}', '${group.state}'),
      /^47: `partition` takes a whole number, not `\$\{group.state\}`, which is text/,
    ],
    [
      'a template for a number',
      replaced('partition: ${group.stuckPartition}', 'partition: 1${group.stuckPartition}'),
      /`partition` takes a whole number, not text/,
    ],
    [
      'an output that there is not',
      replaced('${group.stuckPartition}', '${group.partition}'),
      /inspect-group gives no `partition`: it gives state/,
    ],
    [
      'a step that there is not',
      replaced('${group.stuckPartition}', '${grp.stuckPartition}'),
      /there is no step `grp`/,
    ],
    [
      'a step that comes later',
      replaced('  topic: inventory.events', '  topic: ${decode.reason}'),
      /`decode` comes later/,
    ],
    [
      'a step that gives nothing',
      replaced(
        '## Mitigation',
        '## Mitigation\n\n### X\n\n```yaml action\naction: notify\nwith:\n  text: ${ask-the-producers-owner.x}\n```\n',
      ),
      /has no action, and gives nothing/,
    ],
    [
      'a parameter that there is not',
      replaced('${group}', '${grup}'),
      /^31: `\$\{grup\}`: there is no such parameter/,
    ],
    ['a reference that is none', replaced('${group}', '${group'), /is no reference/],
    [
      'a sum of words',
      replaced('topic: inventory.events', 'topic: ${group + 1}'),
      /nothing can be added to what is text/,
    ],
    ['a condition that is none', replaced('${group.lag} > 0', '${group.lag}'), /^50: `when`: /],
    [
      'a condition of other types',
      replaced('${decode.decodes} == false', "${decode.decodes} == 'no'"),
      /^56: `when`: .*is true or false, and is compared with text/,
    ],
    ['an order of words', replaced('${group.lag} > 0', "${group.state} > 'a'"), /has no order/],
    [
      'shows in another section',
      replaced('timeout: 10', 'shows: ${decode.decodes} == false'),
      /under Symptoms only/,
    ],
    ['two steps of one id', replaced('id: decode', 'id: group'), /two steps have the id `group`/],
    [
      'two blocks in a step',
      replaced('And stands', '```yaml step\n```\n\nAnd stands'),
      /^36: a step has one block/,
    ],
    ['a block in a list', replaced('Lag grows.', '- ```yaml step\n  id: a\n  ```'), /and in no list/],
    ['HTML', replaced('Lag grows.', 'Lag <b>grows</b>.'), /^25: HTML is not shown/],
    ['a comment in HTML', replaced('Lag grows.', '<!-- hidden -->'), /^25: HTML is not shown/],
    ['a picture', replaced('Lag grows.', '![x](https://a.example/x.png)'), /^25: pictures are not shown/],
    [
      'a link that runs',
      replaced('(slow-consumer.md)', '(javascript:alert(1))'),
      /^19: "javascript:alert\(1\)" is no link/,
    ],
    ['a link to another host by stealth', replaced('(slow-consumer.md)', '(//evil.example)'), /is no link/],
    [
      'a day that has not come',
      replaced('2026-11-20', '2026-11-28'),
      /^8: `last-rehearsed`: 2026-11-28 has not/,
    ],
    ['no day', replaced('last-rehearsed: 2026-11-20\n', ''), /`last-rehearsed` is missing/],
    ['an empty day', replaced('rehearsed: 2026-11-20', 'rehearsed:'), /^8: `last-rehearsed`: is a day such/],
    [
      'a contract that there is not',
      replaced('[inventory]', '[inventory, nothing]'),
      /^6: there is no contract "nothing" \(registered: inventory, orders\)/,
    ],
    ['a contract twice', replaced('[inventory]', '[inventory, inventory]'), /^6: inventory is named twice/],
    [
      'a contract in a step that there is not',
      replaced('contract: inventory', 'contract: nothing'),
      /^46: `contract`: there is no contract "nothing"/,
    ],
    [
      'a default contract that there is not',
      replaced('    type: group', '    type: contract\n    default: nothing'),
      /^13: there is no contract "nothing"/,
    ],
    [
      'a default that refers to a step',
      replaced('    type: group', "    type: group\n    default: '${decode.reason}'"),
      /^13: the default of `group` stands as it is/,
    ],
    ['a field __proto__', replaced('owner:', '__proto__: a\nowner:'), /^7: there is no field `__proto__`/],
    [
      'a field constructor',
      replaced('owner:', 'constructor: a\nowner:'),
      /^7: there is no field `constructor`/,
    ],
    [
      '__proto__ among values',
      replaced('with:\n', 'with:\n  __proto__: a\n'),
      /^31: there is no field `__proto__`/,
    ],
    ['a block that never ends', `${file}\n\`\`\`sh\nuptime\n\n### A step\n`, /^67: this block never ends/],
    [
      'a block that ends behind four spaces',
      `${file}\n~~~\nuptime\n    ~~~\n`,
      /^67: this block never ends: put a line ~~~ behind it/,
    ],
    [
      'a block in a quotation that never ends',
      replaced('Lag grows.', '> ```\n> a'),
      /^25: this block never ends/,
    ],
    [
      'a step that a block before it swallowed',
      replaced('### Move on\n', '### Move on\n\n```sh\na\n\n### A step\n\n```sh\nb\n```\n'),
      /^66: a heading within a block begins no step/,
    ],
    [
      'a heading behind four spaces',
      replaced('Lag grows.', 'a\n\n    ### A step\n'),
      /^27: a heading within a block/,
    ],
    ['a heading without a space', replaced('Lag grows.', '###A step'), /^25: a heading has a space/],
    ['a heading in a list', replaced('Lag grows.', '- ### A step'), /^25: a heading stands at the beginning/],
    ['a heading in a quotation', replaced('Lag grows.', '> ### A step'), /^25: a heading stands at/],
    [
      'text before its title',
      replaced('# A consumer', 'lost\n\n# A consumer'),
      /^17: this stands before the title/,
    ],
    ['an action in no block', replaced('Lag grows.', 'action: notify'), /^25: this stands in no block/],
    [
      'one in a list, in quotes',
      replaced('Lag grows.', '- "action": notify'),
      /^25: this stands in no block/,
    ],
    ['one by nearly its name', replaced('Lag grows.', 'action: notfiy'), /^25: this stands in no block/],
    [
      'a condition in no block',
      replaced('Lag grows.', 'when: ${group.lag} > 0'),
      /^25: this stands in no block/,
    ],
    [
      'a link whose address stands in another step',
      replaced('Lag grows.', '[Read][a].').replace('### Move on\n', '### Move on\n\n[a]: slow-consumer.md\n'),
      /^25: where \[a\] leads to is written in another step/,
    ],
    [
      'a second front matter',
      replaced('---\n\n#', '---\n---\nid: b\nowner: c\n---\n\n#'),
      /^17: “id: b owner: c” is none/,
    ],
    ['an alias', replaced('[inventory]', '&a [inventory]\nowner2: *a'), /is an alias/],
    [
      'one key twice',
      replaced('severity: P2', 'severity: P2\nseverity: P3'),
      /^6: this is no YAML that can be read: `severity` stands twice/,
    ],
    [
      'one key twice, once in quotes',
      replaced('severity: P2', 'severity: P2\n1: a\n"1": b'),
      /^7: this is no YAML that can be read: `1` stands twice/,
    ],
    [
      'more than 100 steps',
      replaced('## Diagnosis', '### s\n\n'.repeat(101)),
      /^236: a runbook has at most 100/,
    ],
    [
      'YAML that is none',
      replaced('  group: ${group}', '  group: [${group}]'),
      /^\d+: this is no YAML that can be read/,
    ],
  ])('with %s is refused, with line and reason', (_, text, expected) => {
    expect(mistakes(text).join('\n')).toMatch(new RegExp(expected.source, 'm'));
  });

  it.each([
    ['````step', '````'],
    ['```step', '```'],
    ['~~~step', '~~~'],
    ['   ```step', '   ```'],
    ['    ```step', '    ```'],
    ['````stpe', '````'],
    ['```yaml', '```'],
    ['~~~~', '~~~~'],
  ])('takes a condition of a step behind `%s` for no text of people', (begin, end) => {
    const text = replaced(
      '```yaml step\nwhen: ${decode.decodes} == false\n```',
      `${begin}\nwhen: \${decode.decodes} == false\n${end}`,
    );
    expect(mistakes(text).join('\n')).toMatch(/^5[56]: .*`yaml step`|^55: this begins no block/m);
  });

  it.each([
    ['````yaml step', '````'],
    ['~~~yaml step', '~~~'],
    ['   ```yaml step', '   ```'],
  ])('has a condition of a step behind `%s`, as every reader of Markdown has', (begin, end) => {
    const read = parse(
      replaced(
        '```yaml step\nwhen: ${decode.decodes} == false\n```',
        `${begin}\nwhen: \${decode.decodes} == false\n${end}`,
      ),
    );
    if (read.kind === 'wrong') throw new Error(JSON.stringify(read.problems));
    expect(read.file.runbook.steps[2]?.when?.text).toBe('${decode.decodes} == false');
  });

  it('is told of aliases once, however often they unfold, and of no more mistakes than anybody reads', () => {
    const bomb = 'a: &a [x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\nowner:';
    expect(mistakes(replaced('owner:', bomb))).toEqual([
      '8: *a is an alias: write out what it stands for, here and 5 times more',
    ]);
    const many = mistakes(replaced('Lag grows.', 'Lag.\n\n<b>\n\n'.repeat(400)));
    expect(many).toHaveLength(101);
    expect(many.at(-1)).toMatch(/and \d+ more from here on/);
  });

  it('is told all of its mistakes at once, by line', () => {
    const text = replaced('severity: P2', 'severity: P5')
      .replace('timeout: 10', 'timeout: 0')
      .replace('## Mitigation', '## Fix');
    const found = mistakes(text);
    expect(found.length).toBeGreaterThanOrEqual(3);
    const lines = found.map((each) => Number.parseInt(each, 10));
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  });

  it('that is too large, or no text, is not parsed', () => {
    expect(mistakes(replaced('title: The group', 'title: "a\\0b"'))).toEqual([
      expect.stringContaining('a character that is none'),
    ]);
    expect(mistakes(`${file}${'x'.repeat(140_000)}`)).toEqual([expect.stringContaining('at most 131072')]);
    expect(ofBytes(new Uint8Array([0xff, 0xfe, 0x00]))).toMatchObject({
      problems: [{ line: 1, sentence: 'this is no text in UTF-8' }],
    });
    expect(ofBytes(Buffer.from(replaced('Lag', 'Grö\u00dfe'), 'latin1'))).toMatchObject({
      problems: [{ line: 25, sentence: 'this is no text in UTF-8' }],
    });
    expect(mistakes(replaced('Lag', 'La\0g'))).toEqual([expect.stringMatching(/^25: .*U\+0000/)]);
    expect(mistakes('\uFEFF \n')).toEqual(['1: it is empty']);
    expect(mistakes(`${file}\n${'> '.repeat(20_000)}x`)).toEqual([
      expect.stringMatching(/^67: this is nested deeper/),
    ]);
  });

  it.each([
    ['headings', '### s\n'.repeat(6000), '###### s\n'.repeat(6000)],
    ['fields', block(listed('', ': 1')), block(`list:\n${listed('- ', '')}`)],
  ])('of many %s takes its reader hardly longer than other lines', { timeout: 30_000 }, (_, many, other) => {
    const tookMs = (text: string) => {
      const whole = replaced('Lag grows.', text);
      const began = process.cpuUsage().user;
      parse(whole);
      return (process.cpuUsage().user - began) / 1000;
    };
    tookMs(other);
    expect(Math.min(tookMs(many), tookMs(many))).toBeLessThan(4 * tookMs(other));
  });

  it('never breaks the reader, whatever is cut out of it or put into it', () => {
    fc.assert(
      fc.property(fc.nat(file.length), fc.nat(200), fc.string({ maxLength: 40 }), (at, cut, put) => {
        const read = parse(file.slice(0, at) + put + file.slice(at + cut));
        if (read.kind === 'wrong') expect(read.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });
});
