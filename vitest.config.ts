import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Two projects: pure and in-process tests share threads; whatever starts processes, or must see its own exit, runs in forks.
const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/conformance/**/*.test.ts', 'test/property/**/*.test.ts'],
          pool: 'threads',
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'process',
          include: [
            'test/integration/**/*.test.ts',
            'test/fault/**/*.test.ts',
            'test/docs/**/*.test.ts',
            'test/browser/**/*.test.ts',
          ],
          pool: 'forks',
          testTimeout: 60_000,
        },
      },
    ],
  },
});

export default config;
