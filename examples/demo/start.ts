// `npm start`: the main job, end to end. Log in once; every process that opens the same partition is logged in.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { app, session } from '../../src/index.ts';
import { startDemoSite } from './site.ts';

const data = await mkdtemp(join(tmpdir(), 'sojourn-demo-'));
const site = await startDemoSite();
const origin = `http://shop.test:${site.port}`;
const say = (line: string): void => console.log(line);

// Names under .test lead to this machine, for every session made from here on.
app.commandLine.appendSwitch('host-resolver-rules', 'MAP *.test 127.0.0.1');
app.setPath('userData', data);

say(`A demo site is running at ${origin} (a login form, an account page).\n`);

say('1. Log in, as the partition "persist:work":');
const work = session.fromPartition('persist:work');
const form = new URLSearchParams({ user: 'ada', password: 'correct horse' });
const welcome = await work.fetch(`${origin}/login`, { method: 'POST', body: form });
say(
  `   POST /login        -> ${welcome.status} "${await welcome.text()}"   (redirected to ${new URL(welcome.url).pathname})`,
);
const [cookie] = await work.cookies.get({ name: 'sid' });
say(`   the session keeps  -> cookie "${cookie?.name}" of ${cookie?.domain}${cookie?.httpOnly ? ', HttpOnly' : ''}`);

say('\n2. Fetch as that user:');
const account = await work.fetch(`${origin}/account`);
say(`   GET /account       -> ${account.status} "${await account.text()}"`);
await work.close();

say('\n3. Another process opens "persist:work":');
const visit = join(import.meta.dirname, 'visit.ts');
const other = await promisify(execFile)(process.execPath, [visit, data, origin]);
process.stdout.write(other.stdout);

say('\n4. Another partition, "persist:private", is someone else:');
const stranger = session.fromPartition('persist:private');
const refused = await stranger.fetch(`${origin}/account`);
say(`   GET /account       -> ${refused.status} "${await refused.text()}"`);
await stranger.close();

await site.close();
await rm(data, { recursive: true, force: true });
say(`
That is a session: one browser identity, shared by whatever code opens it.
Next: read "Quick start" in README.md, or try it on a site of yours:
   node --eval "import('./src/index.ts').then(async ({ session }) => console.log((await session.defaultSession.fetch('https://example.com')).status))"`);
