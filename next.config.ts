import type { NextConfig } from 'next';

const config: NextConfig = {
  // The check runs tsc over the whole tree; doing it again inside the build would only cost start-up time.
  typescript: { ignoreBuildErrors: true },
  poweredByHeader: false,
  reactStrictMode: true,
  // Answers that are no pages too: the API's, and files.
  headers: async () => [
    { source: '/:path*', headers: [{ key: 'x-content-type-options', value: 'nosniff' }] },
  ],
  // Where those who verify evidence look for its keys.
  rewrites: async () => [
    { source: '/.well-known/reprise/evidence-keys', destination: '/api/log/keys' },
    { source: '/metrics', destination: '/api/metrics' },
  ],
  serverExternalPackages: [
    'kafkajs',
    '@platformatic/kafka',
    'pg',
    'pg-boss',
    'libpg-query',
    'esbuild',
    'pino',
    'pdfkit',
    'fontkit',
    '@prisma/client',
  ],
};

export default config;
