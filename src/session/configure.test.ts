import { once } from 'node:events';
import { expect, test } from 'vitest';
import { App } from './app.ts';
import { configureApp } from './configure.ts';
import { SessionModule } from './session-module.ts';

test.each([
  ['subdomains', ['sub']],
  ['host', ['top']],
  ['both', ['sub', 'top']],
] as const)(
  'cookieDomainMatch "%s" holds for open sessions too, unless the call says otherwise',
  async (match, names) => {
    const app = new App();
    const { cookies } = new SessionModule(app).fromPartition('configured');
    await cookies.set({ url: 'https://site.test/', domain: 'site.test', name: 'top' });
    await cookies.set({ url: 'https://deep.www.site.test/', name: 'sub' });
    configureApp(app, { cookieDomainMatch: match });
    const found = await cookies.get({ domain: 'www.site.test' });
    expect(found.map(({ name }) => name).toSorted()).toEqual(names);
    expect(await cookies.get({ domain: 'www.site.test', matchDomain: 'both' })).toHaveLength(2);
  },
);

test('a wrong value is refused and changes nothing; an unknown setting is a warning that names the nearest', async () => {
  const app = new App();
  expect(() => configureApp(app, { cookieDomainMatch: 'all' as never })).toThrow(
    'Cannot configure: cookieDomainMatch must be one of "subdomains", "host", "both", got "all"',
  );
  expect(app.cookieDomainMatch).toBe('subdomains');
  const warned = once(process, 'warning');
  configureApp(app, { cookieDomain: 'host' } as never);
  expect((await warned)[0]).toMatchObject({
    code: 'SOJOURN_UNKNOWN_OPTION',
    message: 'configure: unknown option "cookieDomain" (did you mean "cookieDomainMatch"?)',
  });
});
