import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { withRunning } from './running-settings.mjs';

const root = mkdtempSync(join(tmpdir(), 'reprise-settings-'));
writeFileSync(
  join(root, 'settings.json'),
  JSON.stringify({
    DATABASE_URL: 'postgresql://running/reprise',
    REPRISE_TOKEN: 'rpr_demo',
    KAFKA_SASL_PASSWORD_FILE: '/run/secrets/kafka',
    LOG_LEVEL: 'debug',
  }),
);
afterAll(() => rmSync(root, { recursive: true }));
const here = { REPRISE_STATE_DIR: '.' };

describe('the settings of a command', () => {
  it.each(['DATABASE_URL', 'DATABASE_URL_FILE'])('are its own alone where it has %s', (name) => {
    const own = { ...here, [name]: 'somewhere' };
    expect(withRunning(own, root)).toEqual(own);
  });

  it('are those of the running Reprise, and quieter, where it names no database', () => {
    expect(withRunning(here, root)).toMatchObject({
      DATABASE_URL: 'postgresql://running/reprise',
      REPRISE_TOKEN: 'rpr_demo',
      LOG_LEVEL: 'warn',
    });
  });

  it('go first, by whichever of its two names a setting is set; an empty one is not set', () => {
    const own = {
      ...here,
      REPRISE_TOKEN_FILE: '/run/secrets/token',
      KAFKA_SASL_PASSWORD: 's3cret',
      DATABASE_URL: '',
    };
    const found = withRunning(own, root);
    expect(found).toMatchObject({
      REPRISE_TOKEN_FILE: '/run/secrets/token',
      KAFKA_SASL_PASSWORD: 's3cret',
      DATABASE_URL: 'postgresql://running/reprise',
    });
    expect(found).not.toHaveProperty('REPRISE_TOKEN');
    expect(found).not.toHaveProperty('KAFKA_SASL_PASSWORD_FILE');
  });

  it('are without what the launcher has taken away, by either of its names', () => {
    const state = mkdtempSync(join(root, 'state-'));
    const running = {
      DATABASE_URL: 'postgresql://running/reprise',
      KAFKA_PROMOTER: '',
      REPRISE_PROMOTER_SHOP: '',
    };
    writeFileSync(join(state, 'settings.json'), JSON.stringify(running));
    const own = {
      REPRISE_STATE_DIR: state,
      KAFKA_PROMOTER: 'true',
      REPRISE_PROMOTER_SHOP_FILE: '/run/secrets/shop',
      PORT: '3001',
    };
    const found = withRunning(own, root);
    expect(found).toMatchObject({ DATABASE_URL: running.DATABASE_URL, PORT: '3001' });
    for (const name of ['KAFKA_PROMOTER', 'REPRISE_PROMOTER_SHOP', 'REPRISE_PROMOTER_SHOP_FILE'])
      expect(found).not.toHaveProperty(name);
  });

  it('are none where neither names a database', () => {
    expect(withRunning({ REPRISE_STATE_DIR: 'elsewhere' }, root)).toBeNull();
  });

  it.each([
    ['can not be read', null, /can't be read \(EISDIR\).*as the user who started it.*set DATABASE_URL/],
    [
      'is cut off',
      '{"DATABASE_URL":"postgresql://user:s3cret@',
      /is no JSON of settings.*npm start.*set DATABASE_URL/,
    ],
    ['is JSON of something else', '["s3cret"]', /is no JSON of settings/],
    ['holds what no setting is', '{"DATABASE_URL":{"s3cret":1}}', /is no JSON of settings/],
    ['is null', 'null', /is no JSON of settings/],
  ])('are refused, and not none, where their file %s: what it holds is not told', (_, text, why) => {
    const state = mkdtempSync(join(root, 'state-'));
    const file = join(state, 'settings.json');
    if (text === null) mkdirSync(file);
    else writeFileSync(file, text);
    const refusal = () => withRunning({ REPRISE_STATE_DIR: state }, root);
    expect(refusal).toThrow(why);
    expect(refusal).toThrow(file);
    expect(refusal).not.toThrow(/s3cret/);
    expect(withRunning({ REPRISE_STATE_DIR: state, DATABASE_URL: 'mine' }, root)).toMatchObject({
      DATABASE_URL: 'mine',
    });
  });
});
