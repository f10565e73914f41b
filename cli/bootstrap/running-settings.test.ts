import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

  it('are none where neither names a database', () => {
    expect(withRunning({ REPRISE_STATE_DIR: 'elsewhere' }, root)).toBeNull();
  });
});
