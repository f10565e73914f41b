import { expect, it } from 'vitest';
import { settingsOfRun } from './settings-file.ts';

const own = {
  DATABASE_URL: 'postgresql://runner@db/reprise',
  REPRISE_CONNECTION_SHOP: 'postgresql://db/shop',
};

it('holds every setting that the launcher was given, files and folders by absolute paths', () => {
  const given = {
    KAFKA_TLS: 'true',
    KAFKA_TLS_CA_FILE: 'certificates/ca.pem',
    KAFKA_SASL_PASSWORD_FILE: '/run/secrets/kafka',
    SCHEMA_REGISTRY_URL: 'https://registry.example',
    REPRISE_ARCHIVE_DIR: '../archives',
    REPRISE_PROMOTER_SHOP: 'postgresql://promoter@db/shop',
    REPRISE_CORRECTIONS_SHOP_TOKEN_FILE: 'token',
    REPRISE_ORIGIN: 'https://reprise.example',
  };
  expect(settingsOfRun(given, own, '/srv/reprise')).toEqual({
    ...given,
    ...own,
    KAFKA_TLS_CA_FILE: '/srv/reprise/certificates/ca.pem',
    REPRISE_ARCHIVE_DIR: '/srv/archives',
    REPRISE_CORRECTIONS_SHOP_TOKEN_FILE: '/srv/reprise/token',
  });
});

it('holds nothing of the owner of the database, nothing that is no setting, and no setting twice', () => {
  const given = {
    REPRISE_OWNER_DATABASE_URL: 'postgresql://owner:s3cret@db/reprise',
    REPRISE_OWNER_DATABASE_URL_FILE: 'owner',
    REPRISE_INSTANCE: 'another',
    REPRISE_TEST_DATABASE_URL: 'postgresql://test',
    PATH: '/bin',
    KAFKA_TLS: '',
    DATABASE_URL_FILE: 'database',
    REPRISE_CONNECTION_SHOP_FILE: 'shop',
    REPRISE_CONNECTION_SHOP: 'postgresql://given/shop',
  };
  expect(settingsOfRun(given, own, '/srv/reprise')).toEqual(own);
});
