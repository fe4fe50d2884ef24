// Run by start.ts in a process of its own: opens the same partition and asks for the account page.
import { app, session } from '../../src/index.ts';

const [data, origin] = process.argv.slice(2) as [string, string];
app.commandLine.appendSwitch('host-resolver-rules', 'MAP *.test 127.0.0.1');
app.setPath('userData', data);
await using work = session.fromPartition('persist:work');
const account = await work.fetch(`${origin}/account`);
console.log(
  `   GET /account       -> ${account.status} "${await account.text()}"   (process ${process.pid}, no login)`,
);
