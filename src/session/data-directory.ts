import { homedir } from 'node:os';
import { join } from 'node:path';

/** The platform's directory for what programs keep of a user. */
export function userDataHome(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = homedir();
  if (platform === 'win32') return env['LOCALAPPDATA'] || join(home, 'AppData', 'Local');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  // XDG Base Directory Specification: relative paths are to be ignored.
  const xdg = env['XDG_DATA_HOME'];
  return xdg?.startsWith('/') ? xdg : join(home, '.local', 'share');
}

/** Where sessions keep their data unless the program says otherwise; shared by all programs of the user. */
export function defaultDataDirectory(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  return env['SOJOURN_DATA'] || join(userDataHome(env, platform), 'sojourn');
}
